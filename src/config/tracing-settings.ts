import type { SettingReader } from './setting-reader.ts'

/** The address that receives traces, from OpenTelemetry's variables; undefined: traces are off. */
export function tracesUrlOf(read: SettingReader): string | undefined {
  const disabled = read.choice('OTEL_SDK_DISABLED', ['false', 'true']) === 'true'
  const base = read.url('OTEL_EXPORTER_OTLP_ENDPOINT')
  const whole = read.url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
  if (disabled) return undefined
  // The specification appends the path to the endpoint of all signals, and none to that of traces alone.
  return whole ?? (base && `${base.replace(/\/$/, '')}/v1/traces`)
}
