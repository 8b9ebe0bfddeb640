import { serve } from '@hono/node-server'
import { Hono } from 'hono'

/**
 * The baseline of `/retrieve`: the same server library with one route that parses a JSON body and returns JSON of
 * `/retrieve`'s size, and nothing else. Arguments: port, answer as JSON.
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
