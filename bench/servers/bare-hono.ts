import { serve } from '@hono/node-server'
import { Hono } from 'hono'

/**
 * What `/retrieve` is measured against: the same server library, one route that parses a JSON body and answers JSON of
 * the size that `/retrieve` answers with, and nothing else. Arguments: port, answer as JSON.
 */
const [port = '0', answer = '{}'] = process.argv.slice(2)
const body: unknown = JSON.parse(answer)
const app = new Hono()
app.get('/livez', (c) => c.text('ok'))
app.post('/retrieve', async (c) => {
  await c.req.json()
  return c.json(body)
})
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' })
