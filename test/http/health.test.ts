import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { adminApp, publicApp } from './kit-app.ts'

describe('health', () => {
  it('is on the admin listener, open, and without the headers of answers', async () => {
    const { app } = adminApp([], { checks: { postgres: async () => undefined, lease: () => undefined } })
    const live = await app.request('/livez')
    expectStatus(live, 200)
    const ready = await app.request('/readyz')
    expectStatus(ready, 200)
    expect(await ready.json()).toEqual({ status: 'ok', checks: { postgres: 'ok', lease: 'ok' } })
    expect(ready.headers.get('vary')).toBeNull()
    expect(ready.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('is not on the public listener', async () => {
    const { app } = publicApp([])
    for (const path of ['/livez', '/readyz', '/metrics']) expectStatus(await app.request(path), 404)
  })

  it('says 503 with the check that fails, and not why', async () => {
    const checks = { postgres: async () => Promise.reject(new Error('password=hunter2')), store: () => undefined }
    const response = await adminApp([], { checks }).app.request('/readyz')
    expectStatus(response, 503)
    expect(response.headers.get('retry-after')).toBe('1')
    const text = await response.text()
    expect(JSON.parse(text)).toEqual({ status: 'unready', checks: { postgres: 'failing', store: 'ok' } })
    expect(text).not.toContain('hunter2')
  })

  it('runs the checks once for probes that come together', async () => {
    let runs = 0
    const checks = { postgres: async () => void runs++ }
    const { app } = adminApp([], { checks })
    await Promise.all([app.request('/readyz'), app.request('/readyz'), app.request('/readyz')])
    expect(runs).toBe(1)
  })

  it('outlives the limit of a check that failed at once', async () => {
    let limit: AbortSignal | undefined
    const failing = () => {
      throw new Error('the lease is over')
    }
    const passing = (signal: AbortSignal) => {
      limit = signal
    }
    const { app } = adminApp([], { checks: { lease: failing, other: passing } })
    const unhandled: unknown[] = []
    const note = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    expectStatus(await app.request('/readyz'), 503)
    if (limit?.aborted === false) await once(limit, 'abort')
    await setImmediate()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('is not ready while the service drains, and still alive', async () => {
    const { app, drain } = adminApp([])
    expectStatus(await app.request('/readyz'), 200)
    drain.abort()
    const response = await app.request('/readyz')
    expectStatus(response, 503)
    expect(await response.json()).toEqual({ status: 'unready', checks: { draining: 'shutting down' } })
    expectStatus(await app.request('/livez'), 200)
  })
})

describe('the admin app', () => {
  it('takes pages besides the API, and knows nothing of them on the public one', async () => {
    const { app } = adminApp([], { mount: (hono) => void hono.get('/console', (c) => c.text('hello')) })
    expect(await (await app.request('/console')).text()).toBe('hello')
  })

  it('shows the metrics of what was served', async () => {
    const { app } = adminApp([])
    await app.request('/nothing')
    const response = await app.request('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toContain('tenant_router_errors_total{code="not_found"} 1')
  })
})
