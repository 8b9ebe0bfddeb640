import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { eventStream } from '../../src/http/pipeline/event-stream.ts'
import type { Reply } from '../../src/http/pipeline/route.ts'
import { acme, plainRoute, publicApp } from './kit-app.ts'

function streaming(events: NonNullable<Reply['events']>) {
  return publicApp([plainRoute('get', '/events', async () => ({ status: 200, events }))])
}

describe('server-sent events', () => {
  it('are framed with their id, name and JSON, each on a line of its own', async () => {
    const { app } = streaming(
      (async function* () {
        yield { event: 'token', data: 'two\nlines' }
        yield { id: '7', event: 'done\nevil: x', data: { a: 1 } }
      })(),
    )
    const response = await app.request('/events', { headers: acme })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await response.text()).toBe(
      ': open\n\nevent: token\ndata: "two\\nlines"\n\nid: 7\nevent: done evil: x\ndata: {"a":1}\n\n',
    )
  })

  it('end with an `error` event, a problem, when their source fails', async () => {
    const kit = streaming(
      (async function* () {
        yield { event: 'a', data: 1 }
        throw new AppError('store_busy', 'The store is busy.')
      })(),
    )
    const text = await (await kit.app.request('/events', { headers: acme })).text()
    const last = text.trim().split('\n\n').at(-1)
    expect(last).toMatch(/^event: error\n/)
    expect(JSON.parse(last?.split('data: ')[1] ?? '')).toMatchObject({ code: 'store_busy', status: 503 })
    expect(await kit.metric('tenant_router_errors_total{code="store_busy"}')).toEqual([
      'tenant_router_errors_total{code="store_busy"} 1',
    ])
  })

  it('show nothing of an unknown fault', async () => {
    const kit = streaming(
      // biome-ignore lint/correctness/useYield: it fails before its first event
      (async function* () {
        throw new Error('secret inside')
      })(),
    )
    const text = await (await kit.app.request('/events', { headers: acme })).text()
    expect(text).toContain('"code":"internal"')
    expect(text).not.toContain('secret')
    expect(JSON.stringify(kit.lines)).toContain('secret inside')
  })

  it('are taken from their source no faster than they are read', async () => {
    let made = 0
    const { app } = streaming(
      (async function* () {
        for (;;) yield { event: 'n', data: ++made }
      })(),
    )
    const response = await app.request('/events', { headers: acme })
    const reader = response.body?.getReader()
    for (let i = 0; i < 3; i++) await reader?.read()
    expect(made).toBeLessThanOrEqual(4)
    await reader?.cancel()
  })

  it('end when nobody takes them, and let go of what they hold', async () => {
    const ended = Promise.withResolvers<void>()
    const events = (async function* () {
      for (;;) yield { event: 'n', data: 1 }
    })()
    const never = new AbortController().signal
    const stream = eventStream(events, { heartbeatMs: 5, stop: never, onEnd: ended.resolve, onError: () => '' })
    await ended.promise
    await expect(stream.getReader().read()).rejects.toThrow('nobody reads')
  })

  it('are counted and logged when they end', async () => {
    const kit = streaming(
      (async function* () {
        yield { event: 'a', data: 1 }
      })(),
    )
    const response = await kit.app.request('/events', { headers: acme })
    expect(kit.lines).toEqual([])
    await response.text()
    expect(kit.lines).toMatchObject([{ msg: 'served', status: 200 }])
  })
})
