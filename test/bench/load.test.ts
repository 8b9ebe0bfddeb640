import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { runLoad, uniqueMark } from '../../bench/harness/load.ts'

async function listening(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/retrieve`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const order = (url: string, body: string) => ({
  requests: [{ url, method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer t' }, body }],
  connections: 3,
  warmUpMs: 0,
  measureMs: 200,
})

test('the load generator sends whole requests, each with a number of its own, and counts the answers', async () => {
  const bodies: string[] = []
  const tokens = new Set<string | undefined>()
  await using server = await listening(async (request, response) => {
    tokens.add(request.headers.authorization)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    bodies.push(Buffer.concat(chunks).toString())
    response.setHeader('content-type', 'application/json').end('{"matches":[]}')
  })
  const result = await runLoad(order(server.url, `{"n":${uniqueMark}}`))
  const numbers = bodies.map((body) => (JSON.parse(body) as { n: number }).n)
  expect(new Set(numbers).size).toBe(numbers.length)
  expect([...tokens]).toEqual(['Bearer t'])
  // Requests still under way when the time is over are not counted.
  expect(result.count).toBeGreaterThan(0)
  expect(numbers.length - result.count).toBeLessThanOrEqual(3)
  expect(result.p50Ms).toBeLessThanOrEqual(result.p99Ms)
})

test('the load generator reads an answer that comes in pieces, with and without a length', async () => {
  let answered = 0
  await using server = await listening((request, response) => {
    request.resume().on('end', () => {
      answered += 1
      if (answered % 2 === 0) response.setHeader('content-length', 20_000)
      response.write('x'.repeat(10_000))
      setImmediate(() => response.end('y'.repeat(10_000)))
    })
  })
  const { count } = await runLoad(order(server.url, '{}'))
  expect(count).toBeGreaterThan(0)
  expect(answered - count).toBeLessThanOrEqual(3)
})

test('the load generator ends with the words of the first answer that is not 200', async () => {
  await using server = await listening((request, response) => {
    request.resume().on('end', () => response.writeHead(503).end('{"code":"store_busy"}'))
  })
  await expect(runLoad(order(server.url, '{}'))).rejects.toThrow('store_busy')
})
