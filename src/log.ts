import { type DestinationStream, type Logger, pino } from 'pino'
import { describeError } from './telemetry/describe-error.ts'

/** Never to be logged, under whatever name it slips in: content, tokens, vectors and keys. */
const hidden = [
  'authorization',
  'token',
  'apiKey',
  'password',
  'text',
  'query',
  'question',
  'values',
  'vector',
  'filter',
]

/**
 * JSON lines on stdout. Loggers are handed down from the composition root; a request's carries its `requestId`.
 * @param destination another place for the lines, for tests.
 */
export function createLogger(
  options: { readonly level: string; readonly name?: string },
  destination?: DestinationStream,
): Logger {
  const settings = {
    level: options.level,
    base: { service: options.name ?? 'tenant-router' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    redact: { paths: hidden.flatMap((name) => [name, `*.${name}`, `headers.${name}`]), censor: '[hidden]' },
  }
  return destination === undefined ? pino(settings) : pino(settings, destination)
}
