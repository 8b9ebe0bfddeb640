import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startIssuer } from '../../bench/harness/issuer.ts'
import { startProcess } from '../../bench/harness/process.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { testDatabase } from '../support/database.ts'

/** A store that keeps what it was asked and answers one match. */
async function startStore() {
  const asked: { readonly url: string | undefined; readonly body: unknown }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    asked.push({ url: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) })
    const matches = [{ id: 'a', score: 0.5, metadata: { text: 'thirty days' } }]
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ matches, namespace: 'x' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('the service that ours is measured against does its work: token, tenant row, query', async () => {
  await using database = await testDatabase()
  await using store = await startStore()
  await using issuer = await startIssuer()
  await database.sql`create table naive_tenants (id text primary key, index_host text, namespace text)`
  await database.sql`insert into naive_tenants values ('acme', ${store.url}, 'acme_space')`
  const port = await freePort()
  await using naive = startProcess({
    file: 'naive.ts',
    env: { ...issuer.settings, PORT: String(port), DATABASE_URL: database.url, PINECONE_API_KEY: 'k' },
  })
  await naive.ready(`http://127.0.0.1:${port}/livez`, 10_000)
  const retrieve = async (token: string, body: unknown = { vector: [0.1, 0.2], topK: 1 }) => {
    const response = await fetch(`http://127.0.0.1:${port}/retrieve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: await response.json() }
  }
  const token = await issuer.tenantToken('acme')

  expect(await retrieve(token)).toEqual({
    status: 200,
    body: { matches: [{ id: 'a', score: 0.5, text: 'thirty days', metadata: { text: 'thirty days' } }] },
  })
  expect(store.asked).toMatchObject([{ url: '/query', body: { namespace: 'acme_space', topK: 1 } }])
  expect((await retrieve(`${token}x`)).status).toBe(401)
  expect((await retrieve(await issuer.tenantToken('other'))).status).toBe(404)
  expect((await retrieve(token, { topK: 1 })).status).toBe(400)
  expect(store.asked).toHaveLength(1)
})
