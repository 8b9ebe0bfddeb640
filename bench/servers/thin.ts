import { serve } from '@hono/node-server'
import { Pinecone } from '@pinecone-database/pinecone'
import { Hono } from 'hono'
import { createRemoteJWKSet, jwtVerify } from 'jose'

/**
 * The thinnest honest proxy of one tenant: it verifies a token once and remembers it, hands the query to the vendor's
 * SDK, and hands back the answer. It knows one place, checks no body, filters nothing, limits nothing and counts
 * nothing. `/retrieve` speaks our dialect and `/query` the vendor's. Arguments: port, host of the index, namespace.
 */
const [port = '0', indexHost = '', namespace = ''] = process.argv.slice(2)
const { JWT_ISSUER: issuer = '', JWT_AUDIENCE: audience = '', JWT_JWKS_URL: keysUrl = '' } = process.env
const keys = createRemoteJWKSet(new URL(keysUrl))
const remembered = new Set<string>()
const index = new Pinecone({ apiKey: 'bench' }).index({ host: indexHost, namespace })

async function verify(token: string): Promise<void> {
  if (remembered.has(token)) return
  await jwtVerify(token, keys, { issuer, audience })
  remembered.add(token)
}

const app = new Hono()
app.get('/livez', (c) => c.text('ok'))
app.post('/retrieve', async (c) => {
  await verify(c.req.header('authorization')?.replace(/^Bearer /, '') ?? '')
  const { vector, topK } = await c.req.json<{ vector: number[]; topK: number }>()
  const { matches } = await index.query({ vector, topK, includeMetadata: true })
  return c.json({ matches: matches.map(({ id, score, metadata }) => ({ id, score, text: metadata?.text, metadata })) })
})
app.post('/query', async (c) => {
  await verify(c.req.header('api-key') ?? '')
  const { vector, topK } = await c.req.json<{ vector: number[]; topK: number }>()
  const { matches, usage } = await index.query({ vector, topK, includeMetadata: true })
  return c.json({ matches, namespace: '', usage })
})
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' })
