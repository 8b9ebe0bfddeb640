import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { seededRandom, unitVector } from '../harness/sample-tenant.ts'

/**
 * A model server that only waits, as one on a machine of its own does: it embeds all texts of a call in the same time,
 * and serves one call after the other. Arguments: port, and the time of a call in milliseconds.
 */
const [port = '0', callMs = '50'] = process.argv.slice(2)
const random = seededRandom(13)
/** A hundred vectors in the SDK's own encoding, used in turn. */
const vectors = Array.from({ length: 100 }, () =>
  Buffer.from(Float32Array.from(unitVector(random)).buffer).toString('base64'),
)
let given = 0
let idle = Promise.resolve()

const server = createServer(async (request, response) => {
  if (request.method === 'GET') {
    response.end('ok')
    return
  }
  const { input } = (await json(request)) as { readonly input: readonly string[] }
  const before = idle
  const { promise, resolve } = Promise.withResolvers<void>()
  idle = promise
  await before
  setTimeout(() => {
    resolve()
    const data = input.map((_, index) => ({ object: 'embedding', index, embedding: vectors[given++ % vectors.length] }))
    const usage = { prompt_tokens: input.length, total_tokens: input.length }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ object: 'list', model: 'waiting', data, usage }))
  }, Number(callMs))
})
server.listen(Number(port), '127.0.0.1')
