import fc from 'fast-check'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { BusiestTenants } from '../../src/telemetry/busiest-tenants.ts'
import { FastCounter } from '../../src/telemetry/fast-counter.ts'
import { parseExposition } from './exposition.ts'

function watched(options: { max: number; windowRequests: number }) {
  const registry = new Registry()
  const counter = new FastCounter(registry, { name: 'requests_total', help: 'r', labelNames: ['tenant', 'outcome'] })
  const tenants = new BusiestTenants(counter, options)
  return {
    count: (tenant: string, times = 1, failed = false) => {
      for (let i = 0; i < times; i++) tenants.count(parseTenantId(tenant), failed)
    },
    async read(): Promise<Record<string, number>> {
      const samples = parseExposition(await registry.metrics()).get('requests_total')?.samples ?? []
      const totals: Record<string, number> = {}
      for (const { labels, value } of samples) totals[labels.tenant ?? ''] = (totals[labels.tenant ?? ''] ?? 0) + value
      return totals
    },
  }
}

describe('the tenant label', () => {
  it('goes to the first that come, and to the busiest once a window is full', async () => {
    const tenants = watched({ max: 2, windowRequests: 20 })
    tenants.count('a')
    tenants.count('b')
    tenants.count('c', 9)
    tenants.count('d', 8)
    expect(await tenants.read()).toEqual({ a: 1, b: 1, other: 17 })
    tenants.count('c')
    tenants.count('d', 5)
    const after = await tenants.read()
    expect(Object.keys(after).sort()).toEqual(['c', 'd', 'other'])
    expect(after.other).toBe(18)
  })

  it('tells failed from ok', async () => {
    const registry = new Registry()
    const counter = new FastCounter(registry, { name: 'requests_total', help: 'r', labelNames: ['tenant', 'outcome'] })
    const tenants = new BusiestTenants(counter)
    tenants.count(parseTenantId('a'), false)
    tenants.count(parseTenantId('a'), true)
    const text = await registry.metrics()
    expect(text).toContain('requests_total{tenant="a",outcome="ok"} 1')
    expect(text).toContain('requests_total{tenant="a",outcome="failed"} 1')
  })

  it('of a tenant called `other` is shared with the others', async () => {
    const tenants = watched({ max: 5, windowRequests: 4 })
    tenants.count('other', 10)
    expect(await tenants.read()).toEqual({ other: 10 })
  })

  it('stays bounded, and `other` never falls, whatever the traffic', async () => {
    const name = fc.integer({ min: 0, max: 30 }).map((n) => `t${n}`)
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 200 }), fc.integer({ min: 1, max: 4 }), async (traffic, max) => {
        const tenants = watched({ max, windowRequests: 10 })
        let others = 0
        for (const tenant of traffic) {
          tenants.count(tenant)
          const { other = 0, ...labelled } = await tenants.read()
          expect(Object.keys(labelled).length).toBeLessThanOrEqual(max)
          expect(other).toBeGreaterThanOrEqual(others)
          others = other
        }
      }),
      { numRuns: 30 },
    )
  })
})
