import { pino } from 'pino'
import { afterEach, expect, test, vi } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { misspelledSettings } from '../../src/config/misspelled-settings.ts'
import { ConfigError } from '../../src/config/setting-reader.ts'
import { openTracing } from '../../src/parts/tracing.ts'
import { enough } from '../config/enough.ts'
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts'

afterEach(() => vi.unstubAllEnvs())

/** Opens a tracer with these variables as its process's own, lets it have one span, and ends it. */
async function oneSpan(receiver: OtlpReceiver, env: Readonly<Record<string, string>>, traceparent?: string) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const config = readConfig({ ...enough, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ...env })
  const tracer = await openTracing(config, pino({ level: 'silent' }))
  tracer?.serve('server', 'a', {}, { get: (name) => (name === 'traceparent' ? traceparent : undefined) }).end()
  await tracer?.[Symbol.asyncDispose]()
}

test('headers, the name of the service and attributes of the resource are the environment’s', async () => {
  await using receiver = await otlpReceiver()
  await oneSpan(receiver, {
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20c2VjcmV0,x-team=search',
    OTEL_SERVICE_NAME: 'router-eu',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.name=loses',
  })
  expect(receiver.headers[0]).toMatchObject({ authorization: 'Basic c2VjcmV0', 'x-team': 'search' })
  expect(receiver.resource()).toMatchObject({
    'service.name': 'router-eu',
    'deployment.environment.name': 'staging',
    'service.version': expect.any(String),
    'service.instance.id': expect.any(String),
  })
})

test('the address of traces alone is taken as it is', async () => {
  await using receiver = await otlpReceiver()
  await oneSpan(receiver, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/own/path` })
  expect(receiver.paths).toEqual(['/own/path'])
})

test.each([
  ['http://collector:4318', 'http://collector:4318/v1/traces'],
  ['http://collector:4318/', 'http://collector:4318/v1/traces'],
  ['https://collector/otlp', 'https://collector/otlp/v1/traces'],
])('an endpoint %s has its traces at %s', (OTEL_EXPORTER_OTLP_ENDPOINT, url) => {
  expect(readConfig({ ...enough, OTEL_EXPORTER_OTLP_ENDPOINT }).tracesUrl).toBe(url)
})

test('OTEL_SDK_DISABLED turns traces off, and no address means none', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318'
  const disabled = { ...enough, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' }
  expect(readConfig(disabled).tracesUrl).toBeUndefined()
  expect(readConfig(enough).tracesUrl).toBeUndefined()
  expect(() => readConfig({ ...enough, OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow(ConfigError)
})

const sampled = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
test.each([
  ['the usual one', {}, undefined, 1],
  ['always_off', { OTEL_TRACES_SAMPLER: 'always_off' }, sampled, 0],
  ['traceidratio of 0', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, sampled, 0],
  ['parentbased_always_off', { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, undefined, 0],
  ['parentbased_always_off below a sampled caller', { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, sampled, 1],
  ['the usual one below a caller that samples nothing', {}, sampled.replace(/01$/, '00'), 0],
])('the sampler is %s', async (_, env, traceparent, spans) => {
  await using receiver = await otlpReceiver()
  await oneSpan(receiver, env, traceparent)
  expect(receiver.spans).toHaveLength(spans)
})

test.each([
  ['none', undefined],
  ['one that is none', 'nonsense'],
  ['one of zeros', `00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01`],
])('a trace begins here when the caller sends %s', async (_, traceparent) => {
  await using receiver = await otlpReceiver()
  await oneSpan(receiver, {}, traceparent)
  expect(receiver.spans[0]?.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
  expect(receiver.spans[0]?.parentSpanId ?? '').toBe('')
})

test('variables of OpenTelemetry are not taken for misspelled settings of ours; a misspelled one is', () => {
  const standard = [
    'OTEL_SERVICE_NAME',
    'OTEL_RESOURCE_ATTRIBUTES',
    'OTEL_TRACES_SAMPLER',
    'OTEL_TRACES_SAMPLER_ARG',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_TIMEOUT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    'OTEL_EXPORTER_OTLP_COMPRESSION',
    'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
    'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT',
    'OTEL_EXPORTER_OTLP_CERTIFICATE',
    'OTEL_BSP_SCHEDULE_DELAY',
    'OTEL_BSP_MAX_QUEUE_SIZE',
    'OTEL_PROPAGATORS',
    'OTEL_TRACES_EXPORTER',
    'OTEL_METRICS_EXPORTER',
    'OTEL_LOGS_EXPORTER',
    'OTEL_LOG_LEVEL',
    'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
  ]
  const env = Object.fromEntries(standard.map((name) => [name, 'x']))
  expect(misspelledSettings(env, new Set())).toEqual([])
  expect(misspelledSettings({ OTEL_EXPORTER_OLTP_ENDPOINT: 'x' }, new Set())).toEqual([
    'OTEL_EXPORTER_OLTP_ENDPOINT is set, but nothing reads it: did you mean OTEL_EXPORTER_OTLP_ENDPOINT?',
  ])
})
