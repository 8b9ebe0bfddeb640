import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { originCheck } from '../../src/http/callers.ts'
import { type Listener, listen } from '../../src/http/listen.ts'
import { expectStatus } from '../support/expect-status.ts'
import { acme, adminApp, plainRoute, publicApp } from './kit-app.ts'

describe('the name that the admin listener is called by', () => {
  const staff = { access: { kind: 'staff', roles: ['platform'] } } as const
  const kit = adminApp([plainRoute('get', '/tenants', async () => ({ status: 200, json: {} }), staff)], {
    hosts: ['router.internal', '*.ops.example.com'],
    mount: (app) => void app.get('/console', (c) => c.text('hello')),
  })
  let listener: Listener
  beforeAll(async () => {
    listener = await listen(kit.app, { host: '127.0.0.1', port: 0 })
  })
  afterAll(() => listener[Symbol.asyncDispose]())

  /** Requests as a browser, a probe or a scraper does: `fetch` would not let a test set the Host. */
  async function get(path: string, host: string) {
    const asked = request(`${listener.url}${path}`, { headers: { host, authorization: 'Bearer staff:platform' } })
    asked.end()
    const [response] = await once(asked, 'response')
    return { status: response.statusCode, body: await text(response) }
  }
  const paths = ['/tenants', '/metrics', '/openapi.json', '/docs', '/console', '/errors/not_found']

  it.each([
    ['localhost'],
    ['localhost:8081'],
    ['LOCALHOST.:8081'],
    ['app.localhost:8081'],
    ['127.0.0.1:8081'],
    ['10.244.3.17:8081'], // the pod's address, as the kubelet's httpGet and Prometheus send it
    ['[fd00::17]:8081'],
    ['router.internal'],
    ['Router.Internal:443'],
    ['eu.ops.example.com'],
  ])('is taken: %s', async (host) => {
    for (const path of paths) expect([path, (await get(path, host)).status]).toEqual([path, 200])
  })

  it.each([
    ['evil.example'],
    ['127.0.0.1.evil.example:8081'],
    ['localhost.evil.example'],
    ['notlocalhost'],
    ['router.internal.evil.example'],
    ['ops.example.com'],
    ['evilops.example.com'],
    ['a b'],
  ])('is refused on every path but those of probes: %s', async (host) => {
    for (const path of [...paths, '/nothing']) {
      const { status, body } = await get(path, host)
      expect([path, status, JSON.parse(body).code]).toEqual([path, host === 'a b' ? 400 : 421, expect.any(String)])
    }
    if (host === 'a b') return
    for (const path of ['/livez', '/readyz']) expect([path, (await get(path, host)).status]).toEqual([path, 200])
  })

  it('is nothing that the public listener asks for: its callers have tokens of their own', async () => {
    const { app } = publicApp([plainRoute('get', '/a', async () => ({ status: 200, json: {} }))])
    const headers = { ...acme, host: 'api.example.com' }
    expectStatus(await app.request('http://api.example.com/a', { headers }), 200)
  })
})

describe('the origin of a page', () => {
  const checkCaller = originCheck(['https://chat.example.com'])
  let served = 0
  const { app } = publicApp([
    plainRoute('post', '/mcp', async () => ({ status: 200, json: { served: ++served } }), { checkCaller }),
  ])
  const post = (headers: Record<string, string>) => app.request('/mcp', { method: 'POST', headers })

  it.each(['https://evil.example', 'http://chat.example.com', 'https://chat.example.com.evil.example', 'null', ''])(
    'is refused, with a token and without: %s',
    async (origin) => {
      for (const headers of [{ ...acme, origin }, { origin }]) {
        const response = await post(headers)
        expect([response.status, await response.json()]).toEqual([
          403,
          expect.objectContaining({ code: 'origin_refused' }),
        ])
        expect(response.headers.get('www-authenticate')).toBeNull()
      }
      expect(served).toBe(0)
    },
  )

  it('is taken where it is known, and where there is none', async () => {
    for (const headers of [acme, { ...acme, origin: 'https://chat.example.com' }]) {
      expectStatus(await post(headers), 200)
    }
  })
})
