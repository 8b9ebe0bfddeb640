import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import type { Exchange } from '../frameworks/recorder.ts'
import { expectStatus } from '../support/expect-status.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { ServiceWorld } from '../support/service-world.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Stores of frameworks, whose requests are recorded by `npm run test:frameworks`, and how their index compares. */
const recorded = [
  ['langchain', 'cosine'],
  ['llamaindex', 'cosine'],
  ['mastra', 'dotproduct'],
] as const

/** The tenant whose namespace was called `tenant` before, as the recordings call it. */
async function tenantOf(world: ServiceWorld, metric: string) {
  const env = { EMBEDDING_DIMENSION: '3', INDEX_METRIC: metric }
  const replica = await world.replica(env, { embedder: hashEmbedder(3) })
  const platform = await world.issuer.staff('platform')
  const id = parseTenantId('app')
  expectStatus(await replica.admin({ path: '/tenants', authorization: platform, body: { id, name: 'App' } }), 201)
  await world.home.sql`update tenants set adopted_namespace = 'tenant' where id = ${id}`
  const made = await replica.admin({ path: `/tenants/${id}/keys`, authorization: platform, body: {} })
  return { replica, key: made.json.key as string }
}

/** Stats without namespaces that hold nothing: a tenant's is there before the first write, the vendor's is not. */
function withoutEmpty(answer: unknown): unknown {
  const { namespaces } = (answer ?? {}) as { namespaces?: Record<string, { vectorCount: number }> }
  if (namespaces === undefined) return answer
  const full = Object.entries(namespaces).filter(([, { vectorCount }]) => vectorCount > 0)
  return { ...(answer as object), namespaces: Object.fromEntries(full) }
}

test.each(recorded)(
  'what the store of %s sends is answered through the door as by the vendor',
  async (name, metric) => {
    const file = new URL(`../frameworks/recordings/${name}.json`, import.meta.url)
    const exchanges: Exchange[] = JSON.parse(readFileSync(file, 'utf8'))
    await using world = await ServiceWorld.open()
    const { replica, key } = await tenantOf(world, metric)
    for (const { method, path, version, body, status, answer } of exchanges) {
      const reply = await replica.public({
        method,
        path: path.replace(/^\/i\/\{host:[a-z0-9-]+\}/, ''),
        headers: { 'api-key': key, ...(version !== null && { 'x-pinecone-api-version': version }) },
        ...(body !== null && { body }),
      })
      if (path.startsWith('/indexes')) {
        // The index is there already, and stays.
        const usual = { GET: 200, POST: 409, DELETE: 403 }[method]
        expect([method, path, reply.status]).toEqual([method, path, usual])
        if (method === 'GET' && path !== '/indexes') expect(reply.json).toMatchObject({ dimension: 3, metric })
        continue
      }
      const shown = { status: reply.status, answer: withoutEmpty(reply.json) }
      expect(shown, `${method} ${path} ${JSON.stringify(body)}`).toEqual({ status, answer: withoutEmpty(answer) })
    }
  },
)
