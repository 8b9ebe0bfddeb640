import { serve } from '@hono/node-server'
import { Pinecone } from '@pinecone-database/pinecone'
import { Hono } from 'hono'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import postgres from 'postgres'
import { z } from 'zod'

/**
 * The service as tutorials write it, as a baseline for ours: verify each token, read the tenant's row, call the SDK. It
 * is decent code: jose caches keys, connections are pooled, the SDK client is made once. It caches nothing of a tenant,
 * and has no timeouts, no inventory and no moves. Its table: `naive_tenants (id, index_host, namespace)`.
 */
const settings = z
  .object({
    PORT: z.coerce.number(),
    DATABASE_URL: z.string(),
    PINECONE_API_KEY: z.string(),
    JWT_ISSUER: z.string(),
    JWT_AUDIENCE: z.string(),
    JWT_JWKS_URL: z.string(),
  })
  .parse(process.env)

const sql = postgres(settings.DATABASE_URL, { max: 10 })
const pinecone = new Pinecone({ apiKey: settings.PINECONE_API_KEY })
const keys = createRemoteJWKSet(new URL(settings.JWT_JWKS_URL))

const retrieveBody = z.object({
  vector: z.array(z.number()),
  topK: z.number().int().min(1).max(100).default(5),
  filter: z.record(z.string(), z.unknown()).optional(),
})

const app = new Hono<{ Variables: { tenantId: string } }>()

app.get('/livez', (c) => c.text('ok'))

app.use('/retrieve', async (c, next) => {
  const token = c.req.header('authorization')?.replace(/^Bearer /, '')
  if (token === undefined) return c.json({ error: 'unauthenticated' }, 401)
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: settings.JWT_ISSUER,
      audience: settings.JWT_AUDIENCE,
    })
    c.set('tenantId', z.string().parse(payload.tenant_id))
  } catch {
    return c.json({ error: 'unauthenticated' }, 401)
  }
  return next()
})

app.post('/retrieve', async (c) => {
  const body = retrieveBody.safeParse(await c.req.json())
  if (!body.success) return c.json({ error: 'invalid request' }, 400)
  const [tenant] = await sql<{ index_host: string; namespace: string }[]>`
    select index_host, namespace from naive_tenants where id = ${c.get('tenantId')}`
  if (tenant === undefined) return c.json({ error: 'not found' }, 404)
  const { vector, topK, filter } = body.data
  const answer = await pinecone
    .index({ host: tenant.index_host, namespace: tenant.namespace })
    .query({ vector, topK, includeMetadata: true, ...(filter === undefined ? {} : { filter }) })
  return c.json({
    matches: answer.matches.map(({ id, score, metadata }) => ({ id, score, text: metadata?.text, metadata })),
  })
})

serve({ fetch: app.fetch, port: settings.PORT, hostname: '127.0.0.1' })
