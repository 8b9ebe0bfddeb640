import { Writable } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { createLogger } from '../../src/log.ts'
import { openTracing } from '../../src/parts/tracing.ts'
import type { Tracer } from '../../src/tracing/tracer.ts'
import { otlpReceiver } from './otlp-receiver.ts'
import { TracedWorld } from './traced-world.ts'

afterEach(() => vi.unstubAllEnvs())

const nobody = { get: () => undefined }

/** A collector that can't be used, or none at that address. */
const collectors = {
  hangs: async () => otlpReceiver('hang'),
  'refuses spans': async () => otlpReceiver(400),
  'is not there': async () => ({
    endpoint: `http://127.0.0.1:${await freePort()}`,
    bodies: ['none'],
    async [Symbol.asyncDispose]() {},
  }),
}

test.each(Object.entries(collectors))(
  'with a collector that %s, requests are answered as without one, and the replica ends',
  async (_, open) => {
    await using collector = await open()
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '10')
    const ask = async (env: Readonly<Record<string, string>>) => {
      await using world = await TracedWorld.open(env)
      const put = await world.ask('PUT', '/documents/heron', { text: 'The heron is grey.' })
      const found = await world.ask('POST', '/retrieve', { query: 'heron' })
      await world.end()
      return [put.status, found.status, JSON.parse(found.text).matches]
    }
    const traced = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
    expect(traced).toEqual(await ask({}))
    expect(traced.slice(0, 2)).toEqual([201, 200])
    expect(collector.bodies.length).toBeGreaterThan(0)
  },
)

test('a failing collector is reported once, and once more when it works again', async () => {
  await using first = await otlpReceiver(400)
  const lines: { readonly msg: string; readonly level: string }[] = []
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const log = createLogger({ level: 'info' }, destination)
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '1')
  const tracer = await openTracing({ tracesUrl: first.endpoint }, log)
  const end = () => (tracer as Tracer).serve('server', 'a', {}, nobody).end()
  for (const bodies of [1, 2, 3]) {
    end()
    await expect.poll(() => first.bodies.length).toBe(bodies)
  }
  first.manner = 'take'
  end()
  await expect.poll(() => lines.map(({ msg }) => msg)).toContain('traces are delivered again')
  await tracer?.[Symbol.asyncDispose]()
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ['warn', 'traces cannot be delivered and are dropped'],
    ['info', 'traces are delivered again'],
  ])
})
