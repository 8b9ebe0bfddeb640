import { type Services, startServices } from '../../src/services.ts'
import { rerankServer } from '../models/rerank-server.ts'
import { ServiceWorld } from '../support/service-world.ts'
import { modelServer } from './model-server.ts'

export const TracedWorld = { open }

/** One replica with every part that can be called, each on a server of its own, and a tenant with a token. */
async function open(env: Readonly<Record<string, string>> = {}) {
  const stack = new AsyncDisposableStack()
  const world = stack.use(await ServiceWorld.open())
  const models = stack.use(await modelServer())
  const reranker = stack.use(await rerankServer())
  const services: Services = await startServices(
    world.config({
      OPENAI_BASE_URL: models.baseUrl,
      RERANK_URL: `${reranker.url}/v2/rerank`,
      RERANK_MODEL: 'judge',
      ANSWER_PROVIDER: 'openai',
      ANSWER_MODEL: 'chat-1',
      CACHE_TTL_S: '0',
      ...env,
    }),
    { ingest: { pollMs: 100 } },
  )
  stack.use(services)
  const platform = await world.issuer.staff('platform')
  const acme = await world.issuer.tenant('acme')
  const json = { 'content-type': 'application/json' }
  await services.adminApp.request('/tenants', {
    method: 'POST',
    headers: { ...json, authorization: platform },
    body: JSON.stringify({ id: 'acme', name: 'Acme' }),
  })
  return {
    services,
    acme,
    async ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
      const response = await services.publicApp.request(path, {
        method,
        headers: { authorization: acme, ...(body !== undefined && json), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { status: response.status, text: await response.text() }
    },
    /** Ends the replica, so that its last spans are sent. */
    end: () => services[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
