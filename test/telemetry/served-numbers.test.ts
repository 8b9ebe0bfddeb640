import { expect, test, vi } from 'vitest'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { ServiceWorld } from '../support/service-world.ts'
import { parseExposition } from './exposition.ts'

test('a scrape shows version, tenants by status, replicas, doubts, the oldest upload, and the time of models', async () => {
  await using world = await ServiceWorld.open()
  const held = Promise.withResolvers<void>()
  const hash = hashEmbedder()
  const embedder = {
    ...hash,
    async embed(texts: readonly string[], options?: object) {
      if (texts.some((text) => text.includes('held'))) await held.promise
      return hash.embed(texts, options)
    },
  }
  const env = { ANSWER_PROVIDER: 'extractive' }
  const [a, b] = [await world.replica(env, { embedder }), await world.replica(env, { embedder })]
  const authorization = await world.onboard(a, 'acme')
  await world.onboard(a, 'bolt')
  const staff = await world.issuer.staff('platform')
  await a.admin({ path: '/tenants/bolt/suspend', authorization: staff, body: {} })
  const text = 'Returns are free within thirty days.'
  const put = await a.public({ method: 'PUT', path: '/documents/returns', authorization, body: { text } })
  expect(put.status, put.text).toBe(201)
  const question = { question: 'Are returns free?', rerank: true }
  expect((await a.public({ path: '/answer', authorization, body: question })).status).toBe(200)
  const acceptedS = Date.now() / 1000
  const upload = { documentId: 'later', text: 'This is held.' }
  expect((await a.public({ path: '/documents', authorization, body: upload })).status).toBe(202)

  const value = async (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const samples = [...parseExposition((await a.admin({ path: '/metrics' })).text).values()].flatMap(
      (one) => one.samples,
    )
    return samples.find(
      (sample) => sample.name === name && Object.entries(labels).every(([key, one]) => sample.labels[key] === one),
    )?.value
  }
  expect(await value('tenant_router_build_info', { node: process.version })).toBe(1)
  expect(await value('tenant_router_tenants', { status: 'active' })).toBe(1)
  expect(await value('tenant_router_tenants', { status: 'suspended' })).toBe(1)
  expect(await value('tenant_router_sessions_live')).toBe(2)
  await vi.waitFor(async () => expect(await value('tenant_router_sessions_behind')).toBe(0), 60_000)
  expect(await value('tenant_router_write_doubt_seconds')).toBe(0)
  const oldestS = await value('tenant_router_upload_oldest_timestamp_seconds')
  expect(oldestS).toBeGreaterThan(acceptedS - 60)
  for (const step of ['rerank', 'answer']) {
    expect(await value('tenant_router_step_duration_seconds_count', { step }), step).toBe(1)
  }
  held.resolve()
  const none = async () => expect(await value('tenant_router_upload_oldest_timestamp_seconds')).toBeUndefined()
  await vi.waitFor(none, 60_000)
  await b.services[Symbol.asyncDispose]()
  await vi.waitFor(async () => expect(await value('tenant_router_sessions_live')).toBe(1), 60_000)
})
