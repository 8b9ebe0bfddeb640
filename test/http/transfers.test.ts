import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { listen } from '../../src/http/listen.ts'
import type { Traffic } from '../../src/http/pipeline/kit.ts'
import type { AnyRoute } from '../../src/http/pipeline/route.ts'
import { answerLimits, bodyLimits, Transfers } from '../../src/http/pipeline/transfers.ts'
import { memoryPermits } from '../../src/limits/memory-permits.ts'
import { defaultTierLimits } from '../../src/limits/quotas.ts'
import { TenantGate } from '../../src/limits/tenant-gate.ts'
import { expectStatus } from '../support/expect-status.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { json, plainRoute, publicApp } from './kit-app.ts'

const kib = 1024
const write = { kind: 'tenant', scope: 'rag:write' } as const
const body = z.object({ text: z.string() })
const put = plainRoute('post', '/put', async () => ({ status: 200, json: {} }), { access: write, body })

/** A listener with the gates of the service, and a clock that goes when told. */
async function served(routes: readonly AnyRoute[], bytes = bodyLimits.bytes) {
  const clock = new ManualClock()
  const traffic: Traffic = {
    bodies: new Transfers({ ...bodyLimits, bytes }, clock),
    answers: new Transfers(answerLimits, clock),
  }
  const gate = new TenantGate({
    source: memoryPermits(),
    byTier: defaultTierLimits,
    find: () => ({ tier: 'standard' }),
    slots: 8,
    writes: { slots: 4, ofTenant: 2 },
    clock,
  })
  const kit = publicApp(routes, { traffic, admit: ({ tenantId }, writes) => gate.admit(tenantId, writes) })
  const listener = await listen(kit.app, { host: '127.0.0.1', port: 0, closeLimitMs: 100 })
  const dispose = async () => {
    await listener[Symbol.asyncDispose]()
    await gate[Symbol.asyncDispose]()
  }
  return { ...kit, clock, traffic, listener, [Symbol.asyncDispose]: dispose }
}

/** A request whose body stops half-way. */
function half(port: number, tenant: string, sent: string, length = 4 * kib * kib): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const head = `POST /put HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer tenant:${tenant}\r\nContent-Type: application/json`
  socket.write(`${head}\r\nContent-Length: ${length}\r\n\r\n${sent}`)
  return socket
}

const whole = (url: string, tenant: string, text = 'a') =>
  fetch(`${url}/put`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer tenant:${tenant}` },
    body: JSON.stringify({ text }),
  })

describe('bodies that are half sent', () => {
  it('hold no slot: any number of them leaves writes to everyone', async () => {
    await using server = await served([put])
    const { port, url } = server.listener
    const sockets = ['acme', 'globex'].flatMap((tenant) =>
      Array.from({ length: 24 }, () => half(port, tenant, '{"text":"')),
    )
    await vi.waitFor(() => expect(server.traffic.bodies.held.underWay).toBe(48), { timeout: 60_000 })
    for (const tenant of ['acme', 'globex', 'quiet']) expectStatus(await whole(url, tenant), 200)
    expect(server.traffic.bodies.held.underWay).toBe(48)
    for (const socket of sockets) socket.destroy()
    await vi.waitFor(() => expect(server.traffic.bodies.held.underWay).toBe(0), { timeout: 60_000 })
  })

  it('are refused once they are behind the minimum pace, and one that keeps it is not', async () => {
    await using server = await served([put])
    const slow = half(server.listener.port, 'acme', '{"text":"')
    const steady = half(server.listener.port, 'acme', `{"text":"${'a'.repeat(256 * kib)}`)
    await vi.waitFor(() => expect(server.traffic.bodies.held.bytes).toBeGreaterThan(256 * kib), { timeout: 60_000 })
    server.clock.advance(bodyLimits.graceMs + 2_000)
    server.traffic.bodies.cutSlow()
    const [answer] = (await once(slow, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 [\s\S]*too slowly/)
    await vi.waitFor(() => expect(server.traffic.bodies.held.underWay).toBe(1), { timeout: 60_000 })
    for (const socket of [slow, steady]) socket.destroy()
  })

  it('have a budget of bytes: one tenant past its share is refused, and another is served', async () => {
    await using server = await served([put], { all: 600 * kib, ofOwner: 300 * kib })
    const { port, url } = server.listener
    const held = half(port, 'acme', `{"text":"${'a'.repeat(200 * kib)}`)
    await vi.waitFor(() => expect(server.traffic.bodies.held.bytes).toBeGreaterThan(200 * kib), { timeout: 60_000 })
    const refused = await whole(url, 'acme', 'a'.repeat(200 * kib))
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'quota_exceeded'])
    expectStatus(await whole(url, 'globex', 'a'.repeat(200 * kib)), 200)
    const other = half(port, 'globex', `{"text":"${'a'.repeat(290 * kib)}`)
    await vi.waitFor(() => expect(server.traffic.bodies.held.bytes).toBeGreaterThan(490 * kib), { timeout: 60_000 })
    const busy = await whole(url, 'quiet', 'a'.repeat(200 * kib))
    expect([busy.status, ((await busy.json()) as { code: string }).code]).toEqual([503, 'service_busy'])
    for (const socket of [held, other]) socket.destroy()
    await vi.waitFor(() => expect(server.traffic.bodies.held.bytes).toBe(0), { timeout: 60_000 })
  })
})

describe('an answer', () => {
  const long = plainRoute('post', '/put', async () => ({ status: 200, json: { text: 'a'.repeat(7 * kib * kib) } }), {
    body,
  })

  it('that nobody reads holds its place until it is cut off', async () => {
    await using server = await served([long])
    const sockets = Array.from({ length: 4 }, () => {
      const socket = half(server.listener.port, 'acme', '{"text":""}', 11)
      socket.pause()
      return socket
    })
    await vi.waitFor(() => expect(server.traffic.answers.held.underWay).toBe(4), { timeout: 60_000 })
    expect(server.traffic.answers.held.bytes).toBeGreaterThan(28 * kib * kib)
    server.clock.advance(answerLimits.graceMs + 1_000)
    server.traffic.answers.cutSlow()
    expect(server.traffic.answers.held.underWay).toBe(4) // 7 MiB have longer than the grace
    server.clock.advance(120_000)
    server.traffic.answers.cutSlow()
    await vi.waitFor(() => expect(server.traffic.answers.held).toEqual({ bytes: 0, underWay: 0 }), { timeout: 60_000 })
    for (const socket of sockets) socket.destroy()
  })

  it('that was read has left nothing held', async () => {
    await using server = await served([long])
    const response = await whole(server.listener.url, 'acme')
    expect((await response.text()).length).toBeGreaterThan(7 * kib * kib)
    await vi.waitFor(() => expect(server.traffic.answers.held).toEqual({ bytes: 0, underWay: 0 }), { timeout: 60_000 })
  })

  it('of more than 8 MiB is refused in words', async () => {
    const endless = plainRoute('post', '/put', async () => ({ status: 200, json: 'a'.repeat(9 * kib * kib) }), { body })
    await using server = await served([endless])
    const response = await whole(server.listener.url, 'acme')
    expectStatus(response, 400)
    expect(((await response.json()) as { detail: string }).detail).toContain('topK')
  })
})
