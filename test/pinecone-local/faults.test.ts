import { describe, expect, test, vi } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { call, makeIndex, query, queryIds, sdk, startServer, upsert } from './harness.ts'

const x = { id: 'x', values: [1, 0] }

describe('faults', () => {
  test('are shown and set over HTTP, and go back to those of the start', async () => {
    const { url } = await startServer({ latencyMs: 1 })
    const local = `${url}/_local/faults`
    expect((await call(local, 'GET')).body).toMatchObject({ latencyMs: 1, lagMs: 0, indexLimit: 20, rules: [] })
    const rules = [{ fault: 'error', status: 503, on: ['upsert', 'control'], times: 3 }]
    expectStatus(await call(local, 'PUT', { lagMs: { min: 1, max: 5 }, rules }), 200)
    expect((await call(local, 'GET')).body).toMatchObject({ latencyMs: 1, lagMs: { min: 1, max: 5 }, rules })
    expect((await call(local, 'DELETE')).body).toMatchObject({ latencyMs: 1, lagMs: 0, rules: [] })
  })

  test.each<[object, string]>([
    [{ lagMs: -1 }, 'lagMs'],
    [{ latencyMs: { min: 5, max: 1 } }, 'latencyMs'],
    [{ namespaceLimits: { docs: 'many' } }, 'namespaceLimits.docs'],
    [{ lag: 5 }, 'lag'],
    [{ rules: [{ fault: 'error', status: 200 }] }, 'rules.0.status'],
    [{ rules: [{ fault: 'reset', when: 'before' }, { fault: 'explode' }] }, 'rules.1.fault'],
    [{ rules: [{ fault: 'reset', when: 'before', on: 'everything' }] }, 'rules.0.on'],
    [{ rules: [{ fault: 'error', status: 500, probability: 2 }] }, 'rules.0.probability'],
  ])('%j are refused, naming the field', async (bad, field) => {
    const server = await startServer()
    const reply = await call(`${server.url}/_local/faults`, 'PUT', bad)
    expectStatus(reply, 400)
    expect(reply.body.error.message).toContain(field)
    expect(() => server.setFaults(bad)).toThrow(field)
    expect(server.faults()).toMatchObject({ lagMs: 0, latencyMs: 0, rules: [] })
  })

  test('answer an error for the operation named, as often as said, without doing anything', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    server.setFaults({ rules: [{ fault: 'error', on: 'upsert', status: 500, message: 'broken', times: 2 }] })
    expect(await upsert(host, [x])).toMatchObject({ status: 500, body: { code: 13, message: 'broken' } })
    expectStatus(await query(host, { vector: [1, 0] }), 200)
    expectStatus(await upsert(host, [x]), 500)
    expect(server.faults().rules[0]).toMatchObject({ times: 0 })
    expectStatus(await call(`${host}/namespaces/a`, 'GET'), 404)
    expectStatus(await upsert(host, [x]), 200)
  })

  test('strike by group, index and namespace', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    const other = await makeIndex(server, { name: 'other' })
    server.setFaults({
      rules: [
        { fault: 'error', on: 'writes', index: 'docs', namespacePrefix: 't-', status: 503 },
        { fault: 'error', on: 'control', index: 'other', status: 500 },
      ],
    })
    expectStatus(await upsert(host, [x], 't-1'), 503)
    expectStatus(await call(`${host}/namespaces`, 'POST', { name: 't-2' }), 503)
    expectStatus(await upsert(host, [x], 'u-1'), 200)
    expectStatus(await upsert(other, [x], 't-1'), 200)
    expect(await call(`${server.url}/indexes/other`, 'GET')).toMatchObject({ status: 500, body: { status: 500 } })
    expectStatus(await call(`${server.url}/indexes/docs`, 'GET'), 200)
  })

  test('with a probability strike some and spare some', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    server.setFaults({ rules: [{ fault: 'error', on: 'query', status: 500, probability: 0.5 }] })
    const replies = await Promise.all(Array.from({ length: 200 }, () => query(host, { vector: [1, 0] })))
    const failed = replies.filter(({ status }) => status === 500).length
    expect(failed).toBeGreaterThan(40)
    expect(failed).toBeLessThan(160)
  })

  test('cut the connection before a write is applied', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    server.setFaults({ rules: [{ fault: 'reset', when: 'before', on: 'upsert', times: 1 }] })
    await expect(upsert(host, [x])).rejects.toThrow()
    expectStatus(await call(`${host}/namespaces/a`, 'GET'), 404)
  })

  test('cut the connection after a write is applied, so that it is done and unanswered', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    server.setFaults({ rules: [{ fault: 'reset', when: 'after', on: 'upsert', times: 1 }] })
    const index = sdk(server).index({ host, namespace: 'a' })
    await expect(index.upsert({ records: [x] })).rejects.toMatchObject({ name: 'PineconeConnectionError' })
    expect(await queryIds(host, { vector: [1, 0] })).toEqual(['x'])
  })

  test('apply a write late, over a later one, and never answer it', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    await upsert(host, [x])
    server.setFaults({ rules: [{ fault: 'late', afterMs: 200, on: 'upsert', times: 1 }] })
    await expect(upsert(host, [{ id: 'x', values: [0, 1], metadata: { late: true } }])).rejects.toThrow()
    expectStatus(await upsert(host, [{ id: 'x', values: [1, 1], metadata: { late: false } }]), 200)
    const late = async () => {
      const reply = await call(`${host}/vectors/fetch?namespace=a&ids=x`, 'GET')
      return reply.body.vectors.x.metadata?.late
    }
    expect(await late()).toBe(false)
    await vi.waitUntil(late, { timeout: 60_000 })
  })

  test('leave a late request hanging where a rule asks for it', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    server.setFaults({ rules: [{ fault: 'late', afterMs: 1, connection: 'hang', on: 'upsert', times: 1 }] })
    let answered = false
    const hanging = upsert(host, [x]).then(
      () => (answered = true),
      () => {},
    )
    await vi.waitUntil(async () => (await queryIds(host, { vector: [1, 0] })).length === 1, { timeout: 60_000 })
    expect(answered).toBe(false)
    await server.close()
    await hanging
    expect(answered).toBe(false)
  })

  test('limit a rate with 429 and Retry-After', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    server.setFaults({ rules: [{ fault: 'rateLimit', on: 'query', perSecond: 0.001, burst: 3, retryAfterS: 7 }] })
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await query(host, { vector: [1, 0] })).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    const limited = await query(host, { vector: [1, 0] })
    expect(limited.headers.get('retry-after')).toBe('7')
    expect(limited.body).toMatchObject({ code: 8, message: expect.stringContaining("You've reached the max") })
    expectStatus(await upsert(host, [x]), 200)
  })

  test('hold an answer back for the latency, though not the write', async () => {
    const server = await startServer()
    const host = await makeIndex(server)
    server.setFaults({ rules: [{ fault: 'latency', on: 'upsert', ms: 60_000 }] })
    let answered = false
    const slow = upsert(host, [x]).then(
      () => (answered = true),
      () => {},
    )
    await vi.waitUntil(async () => (await queryIds(host, { vector: [1, 0] })).length === 1, { timeout: 60_000 })
    expect(answered).toBe(false)
    // Closing answers what is done.
    await server.close()
    await slow
  })

  test('add at least the latency that was set', async () => {
    const server = await startServer({ latencyMs: 30 })
    const host = await makeIndex(server)
    const startedAt = performance.now()
    await query(host, { vector: [1, 0] })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29)
  })
})
