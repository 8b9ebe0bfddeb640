import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type OtlpReceiver, otlpReceiver, type Received, treeOf } from './otlp-receiver.ts'
import { type SeenRequest, seenRequests } from './seen-requests.ts'
import { TracedWorld } from './traced-world.ts'

/** A trace of the caller's for each request. */
const callers = {
  put: { traceId: 'a1'.repeat(16), spanId: 'b1'.repeat(8) },
  retrieve: { traceId: 'a2'.repeat(16), spanId: 'b2'.repeat(8) },
  answer: { traceId: 'a3'.repeat(16), spanId: 'b3'.repeat(8) },
  stream: { traceId: 'a7'.repeat(16), spanId: 'b7'.repeat(8) },
  upload: { traceId: 'a4'.repeat(16), spanId: 'b4'.repeat(8) },
  refused: { traceId: 'a5'.repeat(16), spanId: 'b5'.repeat(8) },
  unsampled: { traceId: 'a6'.repeat(16), spanId: 'b6'.repeat(8) },
}
type Caller = keyof typeof callers

const parentOf = (caller: Caller, flags = '01') => ({
  traceparent: `00-${callers[caller].traceId}-${callers[caller].spanId}-${flags}`,
  baggage: 'secret=canary-baggage',
})

let receiver: OtlpReceiver
let spans: readonly Received[]
let sent: readonly SeenRequest[]
const answers: { readonly status: number; readonly text: string }[] = []

beforeAll(async () => {
  receiver = await otlpReceiver()
  using seen = seenRequests()
  await using world = await TracedWorld.open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
  const { ask } = world
  const keep = async (asked: ReturnType<typeof ask>) => answers.push(await asked)
  const document = { text: 'The canary-text heron is grey.', metadata: { colour: 'canary-metadata' } }
  await keep(ask('PUT', '/documents/heron', document, parentOf('put')))
  const question = { query: 'canary-question heron', rerank: true }
  await keep(ask('POST', '/retrieve', question, parentOf('retrieve')))
  await keep(ask('POST', '/answer', { question: 'canary-question of a heron?' }, parentOf('answer')))
  await keep(ask('POST', '/answer', { question: 'canary-question?', stream: true }, parentOf('stream')))
  const upload = { documentId: 'otter', text: 'The canary-text otter swims.' }
  await keep(ask('POST', '/documents', upload, parentOf('upload')))
  await vi.waitUntil(async () => (await ask('GET', '/documents/otter')).text.includes('"ready"'), { timeout: 60_000 })
  await keep(ask('POST', '/retrieve', { query: '' }, parentOf('refused')))
  await keep(ask('POST', '/retrieve', { query: 'unsampled' }, parentOf('unsampled', '00')))
  await world.end()
  spans = receiver.spans
  sent = seen.all
}, 180_000)
afterAll(() => receiver[Symbol.asyncDispose]())

const traceOf = (caller: Caller) => spans.filter(({ traceId }) => traceId === callers[caller].traceId)

function rootOf(caller: Caller): Received {
  const root = traceOf(caller).find(({ parentSpanId }) => parentSpanId === callers[caller].spanId)
  if (root === undefined) throw new Error(`no span of ${caller} is the child of its caller's`)
  return root
}

function spanOf(caller: Caller, name: string): Received {
  const found = traceOf(caller).filter((span) => span.name === name)
  expect([name, found.length]).toEqual([name, 1])
  return found[0] as Received
}

const leaf = (name: string) => ({ name, children: [] })

test('the requests were served', () => {
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 202, 400, 200])
})

describe('a request is a tree of spans below the span of its caller', () => {
  test('PUT of a document', () => {
    expect(treeOf(spans, rootOf('put'))).toEqual({
      name: 'PUT /documents/{documentId}',
      children: [leaf('embeddings hash'), leaf('upsert tr-pool-1')],
    })
  })

  test('/retrieve', () => {
    expect(treeOf(spans, rootOf('retrieve'))).toEqual({
      name: 'POST /retrieve',
      children: [leaf('embeddings hash'), leaf('query tr-pool-1'), leaf('rerank judge')],
    })
  })

  test.each(['answer', 'stream'] as const)('/answer, whole and streamed (%s)', (caller) => {
    expect(treeOf(spans, rootOf(caller))).toEqual({
      name: 'POST /answer',
      children: [leaf('embeddings hash'), leaf('query tr-pool-1'), leaf('chat chat-1')],
    })
  })

  test('an upload, with the work of the queue', () => {
    expect(treeOf(spans, rootOf('upload'))).toEqual({
      name: 'POST /documents',
      children: [{ name: 'process uploads', children: [leaf('embeddings hash'), leaf('upsert tr-pool-1')] }],
    })
  })

  test('statements to Postgres are in it, by kind and table', () => {
    const statements = traceOf('put').filter(({ fields }) => fields['db.system.name'] === 'postgresql')
    expect(statements.map(({ name }) => name)).toContain('INSERT documents')
    for (const { name } of statements) expect(name).toMatch(/^[A-Z]+( [a-z_]+)?$/)
  })
})

test('a span says what it is by the semantic conventions', () => {
  expect(rootOf('retrieve')).toMatchObject({
    kind: 2,
    status: { code: 0 },
    fields: {
      'http.request.method': 'POST',
      'http.route': '/retrieve',
      'http.response.status_code': 200,
      'tenant_router.tenant_id': 'acme',
    },
  })
  expect(spanOf('retrieve', 'embeddings hash')).toMatchObject({
    kind: 3,
    fields: {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'hash',
      'gen_ai.embeddings.dimension.count': 64,
      'gen_ai.usage.input_tokens': 5,
    },
  })
  expect(spanOf('retrieve', 'query tr-pool-1')).toMatchObject({
    kind: 3,
    fields: {
      'db.system.name': 'pinecone',
      'db.operation.name': 'query',
      'db.collection.name': 'tr-pool-1',
      'db.response.status_code': '200',
    },
  })
  expect(spanOf('answer', 'chat chat-1')).toMatchObject({
    kind: 3,
    fields: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'chat-1',
      'gen_ai.response.finish_reasons': 'stop',
      'gen_ai.usage.input_tokens': 90,
      'gen_ai.usage.output_tokens': 7,
    },
  })
})

test('a refusal has its code and is no failure', () => {
  expect(rootOf('refused')).toMatchObject({
    status: { code: 0 },
    fields: { 'error.type': 'invalid_request', 'http.response.status_code': 400 },
  })
})

test('the trace goes on at the store and at the models, and nothing else of the caller does', () => {
  const carried = (caller: Caller, path: RegExp) =>
    sent.filter(({ url, traceparent }) => path.test(url) && traceparent?.includes(callers[caller].traceId))
  const onward: readonly (readonly [Caller, RegExp, string])[] = [
    ['retrieve', /\/embeddings$/, 'embeddings hash'],
    ['retrieve', /\/query$/, 'query tr-pool-1'],
    ['retrieve', /\/rerank$/, 'rerank judge'],
    ['answer', /\/chat\/completions$/, 'chat chat-1'],
    ['put', /\/vectors\/upsert$/, 'upsert tr-pool-1'],
    ['upload', /\/vectors\/upsert$/, 'upsert tr-pool-1'],
  ]
  for (const [caller, path, name] of onward) {
    const { traceId, spanId } = spanOf(caller, name)
    expect(carried(caller, path).map(({ traceparent }) => traceparent)).toEqual([`00-${traceId}-${spanId}-01`])
  }
  expect(sent.map(({ baggage }) => baggage).filter((one) => one !== undefined)).toEqual([])
})

test('a request that its caller does not sample leaves no span, and goes on as unsampled', () => {
  expect(traceOf('unsampled')).toEqual([])
  const onward = sent.filter(({ traceparent }) => traceparent?.includes(callers.unsampled.traceId))
  expect(onward.map(({ url }) => /[^/]+$/.exec(url)?.[0])).toEqual(['embeddings', 'query'])
  for (const { traceparent } of onward) expect(traceparent).toMatch(/-00$/)
})

test('background work of its own leaves no trace', () => {
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined || parentSpanId === '')
  expect(new Set(roots.map(({ kind }) => kind))).toEqual(new Set([2]))
})

test('no content, no question, no token and no namespace is sent', () => {
  const all = receiver.bodies.join('\n')
  expect(all).toContain('tenant_router.tenant_id')
  expect(all).not.toMatch(/canary|Bearer|eyJ|tenant_acme_g1|heron|grey/i)
  expect(new Set(receiver.paths)).toEqual(new Set(['/v1/traces']))
})

test('the resource names the service', () => {
  expect(receiver.resource()).toMatchObject({ 'service.name': 'tenant-router', 'telemetry.sdk.name': 'opentelemetry' })
})
