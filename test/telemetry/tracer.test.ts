import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json as readJson } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createTracer } from '../../src/telemetry/tracer.ts'
import { echoRoute, json, postEcho, publicApp } from '../http/kit-app.ts'

interface SpanSent {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, string>> }[]
  readonly status: { readonly code?: number }
}
interface Sent {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly SpanSent[] }[] }[]
}

/** A collector that keeps what it is sent. */
async function collector(status = 200) {
  const spans: SpanSent[] = []
  const paths: string[] = []
  const server = createServer(async (request, response) => {
    paths.push(request.url ?? '')
    const sent = (await readJson(request)) as Sent
    spans.push(...sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
    response.statusCode = status
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    paths,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`

describe('traces', () => {
  it('have a span a request, in the trace of the caller, and nothing of its content', async () => {
    await using sink = await collector()
    {
      await using tracer = createTracer({ endpoint: sink.endpoint })
      const { app } = publicApp([echoRoute], { tracer })
      await postEcho(app, { query: 'sealed words' }, { ...json, traceparent, 'x-request-id': 'r-1' }, '?verbose=true')
    }
    expect(sink.paths).toEqual(['/v1/traces'])
    const [span] = sink.spans
    expect(span).toMatchObject({
      traceId: 'ab'.repeat(16),
      parentSpanId: 'cd'.repeat(8),
      name: 'POST /echo',
      status: {},
    })
    expect(span?.spanId).toMatch(/^[0-9a-f]{16}$/)
    const attributes = Object.fromEntries(
      (span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
    )
    expect(attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/echo',
      'http.response.status_code': '200',
      'tenant_router.request_id': 'r-1',
      'tenant_router.tenant_id': 'acme',
    })
    expect(BigInt(span?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(span?.startTimeUnixNano ?? 1))
    expect(Math.abs(Number(BigInt(span?.startTimeUnixNano ?? 0) / 1_000_000n) - Date.now())).toBeLessThan(60_000)
    expect(JSON.stringify(sink.spans)).not.toMatch(/sealed|Bearer|verbose/)
  })

  it('carry the code of a refusal, and only faults of ours are marked as failed', async () => {
    await using sink = await collector()
    {
      await using tracer = createTracer({ endpoint: `${sink.endpoint}/` })
      const broken = { ...echoRoute, path: '/broken', handle: async () => Promise.reject(new Error('x')) }
      const { app } = publicApp([echoRoute, broken], { tracer })
      await postEcho(app, {})
      await app.request('/broken', { method: 'POST', headers: json, body: '{"query":"a"}' })
    }
    const codes = sink.spans.map(
      ({ attributes }) => attributes.find(({ key }) => key === 'error.type')?.value.stringValue,
    )
    expect(codes).toEqual(['invalid_request', 'internal'])
    expect(sink.spans.map(({ status }) => status.code)).toEqual([undefined, 2])
  })

  it.each([
    ['none', undefined],
    ['one that is none', 'nonsense'],
    ['one of zeros', `00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01`],
  ])('begin a trace of their own when the caller sends %s', async (_, header) => {
    await using sink = await collector()
    {
      await using tracer = createTracer({ endpoint: sink.endpoint })
      tracer.start('a', header)?.end({}, false)
    }
    expect(sink.spans[0]?.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
    expect(sink.spans[0]?.parentSpanId).toBeUndefined()
  })

  it('leave out what the caller does not sample', async () => {
    await using sink = await collector()
    await using tracer = createTracer({ endpoint: sink.endpoint })
    expect(tracer.start('a', traceparent.replace(/01$/, '00'))).toBeUndefined()
  })

  it('are dropped, and said to be, when the collector fails or nothing can keep up', async () => {
    await using sink = await collector(500)
    const lost: number[] = []
    {
      await using tracer = createTracer({ endpoint: sink.endpoint, onLost: (_, spans) => lost.push(spans) })
      for (let i = 0; i < 3000; i++) tracer.start('a', undefined)?.end({}, false)
    }
    expect(lost.reduce((sum, count) => sum + count, 0)).toBe(3000)
  })
})
