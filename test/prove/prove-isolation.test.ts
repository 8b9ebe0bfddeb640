import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkIsolationEntries, routesForTenants } from '../../scripts/isolation-entries.ts'
import { listen } from '../../src/http/listen.ts'
import type { AnyRoute } from '../../src/http/pipeline/route.ts'
import { groupsOfWriters } from '../../src/isolation/write-groups.ts'
import type { Filter } from '../../src/stores/store.ts'
import { expectStatus } from '../support/expect-status.ts'
import { ServiceWorld } from '../support/service-world.ts'
import {
  cacheWithoutTenant,
  doorThatTakesNamespaces,
  keysWithoutTenant,
  mutantDoors,
  placeWith,
  routeThatForgets,
  routeWithoutCheck,
  writeThatDropsNamespaces,
} from './mutants.ts'
import { ProveWorld } from './prove-world.ts'

let world: ProveWorld
let staff: string
let acme: string
beforeAll(async () => {
  world = await ProveWorld.open()
  staff = await world.service.issuer.staff('platform')
  acme = await world.service.onboard(world.replica(0), 'acme')
  const body = { text: 'A customer’s own words.' }
  const stored = { method: 'PUT', path: '/documents/own', authorization: acme, body }
  expectStatus(await world.replica(1).public(stored), 201)
})
afterAll(() => world[Symbol.asyncDispose]())

const patient = { timeout: 600_000 }
const admin = (path: string, body?: object, method?: string) =>
  world.replica(1).admin({ path, authorization: staff, ...(body && { body }), ...(method && { method }) })

describe('prove-isolation', () => {
  test('passes a sound deployment, and anyone with the public key can verify its report', patient, async () => {
    const { code, run, err } = await world.prove('--move', '--out', world.file('report.json'))
    expect([code, err, run.state, run.signed.report.exceptions]).toEqual([0, '', 'passed', []])
    const { report, hash } = run.signed
    const { sample, routes, population, notCovered, previous } = report
    expect(sample.canaries).toMatchObject([{ index: 'tr-pool-1' }, { index: 'tr-pool-1' }])
    expect(sample.customers).toEqual([{ tenantId: 'acme', index: 'tr-pool-1' }])
    expect(routes.filter(({ requests }: { requests: number }) => requests === 0)).toEqual([])
    expect([routes.length, previous]).toEqual([population.routes, null])
    expect(notCovered.join(' ')).toContain('No canary lives in a customer’s own index')
    expect(notCovered.join(' ')).not.toContain('No canary was moved')
    const moves = (await admin('/moves')).json.items
    expect(moves).toMatchObject([{ kind: 'promote', state: 'rolled_back', createdBy: 'system:isolation' }])

    const key = ['--public-key', world.file('key.pub.pem')]
    const genuine = await world.cli('prove-isolation', 'verify', world.file('report.json'), ...key)
    expect([genuine.code, genuine.err]).toEqual([0, ''])
    expect(genuine.out).toContain(`hash ${hash}`)
    const text = await world.readFile('report.json')
    await writeFile(world.file('changed.json'), text.replace('"tenantId": "acme"', '"tenantId": "acmf"'))
    const changed = await world.cli('prove-isolation', 'verify', world.file('changed.json'), ...key, '--json')
    expect([changed.code, JSON.parse(changed.out).faults.length]).toEqual([1, 2])

    const { json } = await admin('/audit?action=isolation.run')
    expect(json.items[0]).toMatchObject({ actor: 'system:isolation', detail: { outcome: 'passed', reportHash: hash } })
  })

  test('hides its canaries from lists, takes no caller for one and leaves no key that works', patient, async () => {
    const ids = async (query: string) =>
      (await admin(`/tenants${query}`)).json.items.map(({ id }: { id: string }) => id)
    expect(await ids('')).toEqual(['acme'])
    const [canary] = await ids('?canaries=true')
    expect(canary).toBe('_tr_canary_1_1')
    const keys = (await admin(`/tenants/${canary}/keys`)).json.items
    expect(new Set(keys.map(({ state }: { state: string }) => state))).toEqual(new Set(['revoked']))
    for (const id of ['_tr_canary_1_3', canary]) expectStatus(await admin('/tenants', { id, name: 'x' }), 400)
    const authorization = await world.service.issuer.tenant(canary)
    expectStatus(await world.replica(0).public({ path: '/documents', authorization }), 401)
  })

  test(
    'goes on at another replica when its own is cut off in the middle of a move, and finds the canaries of runs before',
    patient,
    async () => {
      const held = Promise.withResolvers<void>()
      const reached = Promise.withResolvers<void>()
      let isFirst = true
      const isSoaking = async () => (await admin('/moves?limit=1')).json.items[0]?.state === 'soaking'
      world.mutant = {
        doors: (own) => ({
          ...own,
          async public(request) {
            const isHeld = isFirst && new URL(request.url).pathname === '/vectors/update' && (await isSoaking())
            if (!isHeld) return own.public(request)
            isFirst = false
            reached.resolve()
            await held.promise
            return own.public(request)
          },
        }),
      }
      const started = await admin('/isolation/runs', { silos: 1, move: true })
      expectStatus(started, 202)
      await reached.promise
      const second = await admin('/isolation/runs', {})
      expect([second.status, second.json.detail]).toEqual([409, expect.stringContaining(started.json.id)])
      // As when the replica is stopped: its claim runs out, and it wakes up later.
      const { sql } = world.replica(0).services.database
      await sql`update isolation_runs set lease_until = now() - interval '1 second', claim = claim + 1 where ended_at is null`
      const run = await ended(started.json.id)
      held.resolve()
      expect([run.state, run.fault, run.signed?.report.exceptions]).toEqual(['passed', null, []])
      expect(run.signed.report.previous.runId).toBeTypeOf('string')
      expect((await admin('/tenants?canaries=true')).json.items).toHaveLength(3)
      expect(run.signed.report.notCovered.filter((words: string) => words.includes('canary was moved'))).toEqual([])
      // The run before has left a canary in the middle of a move.
      const moves = (await admin('/moves')).json.items.map(({ state }: { state: string }) => state)
      expect(moves).toEqual(['rolled_back', 'rolled_back', 'rolled_back'])
    },
  )

  test('finds each route that reads beyond its tenant, and one that asks for no key', patient, async () => {
    const mutants = {
      'POST /retrieve': cacheWithoutTenant(),
      'POST /vectors/fetch': routeThatForgets(),
      'POST /query (Api-Key)': doorThatTakesNamespaces(),
      'POST /retrieval': routeWithoutCheck(acme),
    }
    world.mutant = {
      doors: (own) => mutantDoors(own, mutants),
      // The filter that a caller sends replaces the one by visibility.
      open: (open) =>
        placeWith(open, (place) => ({
          fetchByFilter: ({ filter, ...rest }) =>
            place.fetchByFilter({ ...rest, filter: (filter.$and as Filter[] | undefined)?.at(-1) ?? filter }),
        })),
    }
    const { code, run, err } = await world.prove()
    expect([code, run.state]).toEqual([1, 'failed'])
    expect(err).toContain('All moves are frozen')
    const found = run.signed.report.exceptions.map(
      ({ kind, route }: { kind: string; route: string }) => `${kind}: ${route}`,
    )
    for (const each of [
      'leak: POST /retrieve',
      'leak: POST /vectors/fetch',
      'leak: POST /query (Api-Key)',
      'not refused: POST /query (Api-Key)',
      'leak: POST /vectors/fetch_by_metadata (Api-Key)',
      'not refused: POST /retrieval',
    ])
      expect(found).toContain(each)
    expect(run.signed.report.exceptions.every(({ route }: { route: string }) => route !== 'POST /mcp')).toBe(true)
  })

  test(
    'finds a write that only lands elsewhere, and an answer kept for another’s Idempotency-Key',
    patient,
    async () => {
      const one = '_tr_canary_1_1'
      const mutants = { 'POST /vectors/upsert': keysWithoutTenant() }
      world.mutant = {
        doors: (own) => mutantDoors(own, mutants),
        open: (open) =>
          placeWith(open, (place, placement) => ({
            async upsert(records, options) {
              const isStray = ({ metadata }: { readonly metadata?: unknown }) =>
                placement.tenantId === one && JSON.stringify(metadata ?? {}).includes('Written by')
              const strays = records.filter(isStray)
              // At nobody's: no bystander shows it.
              if (strays.length > 0) await open({ ...placement, namespace: 'nobody' }).upsert(strays)
              const rest = records.filter((record) => !isStray(record))
              return rest.length > 0 ? place.upsert(rest, options) : {}
            },
          })),
      }
      const { run } = await world.prove()
      world.mutant = {}
      expect(run.state).toBe('failed')
      const { exceptions } = run.signed.report
      for (const route of ['POST /vectors/upsert', 'POST /vectors/upsert (Api-Key)', 'PUT /documents/{documentId}']) {
        const words = expect.stringContaining('may have gone elsewhere')
        expect(exceptions).toContainEqual(expect.objectContaining({ kind: 'unproven', route, asker: one, words }))
      }
      const words = expect.stringContaining('Idempotency-Key')
      expect(exceptions).toContainEqual(expect.objectContaining({ kind: 'leak', route: 'POST /vectors/upsert', words }))
      expectStatus(await admin(`/isolation/runs/${run.id}/thaw`, { note: 'a test' }, 'POST'), 200)
    },
  )

  test(
    'finds writes that reach another tenant; its findings freeze moves until a person thaws them',
    patient,
    async () => {
      const [one, two] = ['_tr_canary_1_1', '_tr_canary_1_2']
      world.mutant = {
        doors: (own) => mutantDoors(own, { 'POST /vectors/delete (Api-Key)': writeThatDropsNamespaces }),
        open: (open) =>
          placeWith(open, (place, placement) => {
            const beside = (from: string, to: string) =>
              placement.tenantId === from
                ? open({ ...placement, tenantId: to as never, namespace: placement.namespace.replace(from, to) })
                : undefined
            return {
              async upsert(records, options) {
                const strays = records.filter(({ metadata }) => String(metadata?.text).startsWith('Written by'))
                if (strays.length > 0) await beside(one, two)?.upsert(strays)
                return place.upsert(records, options)
              },
              async deleteByFilter(filter, options) {
                await beside(two, one)?.deleteByFilter(filter)
                return place.deleteByFilter(filter, options)
              },
            }
          }),
      }
      const { run } = await world.prove()
      world.mutant = {}
      expect(run.state).toBe('failed')
      const { exceptions } = run.signed.report
      for (const [asker, reached] of [
        [one, two],
        [two, one],
      ])
        expect(exceptions).toContainEqual(expect.objectContaining({ kind: 'foreign write', asker, reached }))
      const route = 'POST /vectors/delete (Api-Key)'
      expect(exceptions).toContainEqual(expect.objectContaining({ kind: 'not refused', route }))

      const promote = () => admin('/tenants/acme/moves', { kind: 'promote' })
      for (;;) {
        const refused = await promote()
        const id = /prove-isolation thaw (\S+)$/.exec(refused.json.detail ?? '')?.[1]
        if (id === undefined) break
        expectStatus(refused, 409)
        const thawed = await world.cli('prove-isolation', 'thaw', id, '--note', 'a test', '--yes')
        expect([thawed.code, thawed.err]).toEqual([0, ''])
      }
      const list = await world.cli('prove-isolation', 'list', '--json')
      const runs: { id: string; thawedBy: string | null }[] = JSON.parse(list.out).items
      expect(runs.find(({ id }) => id === run.id)?.thawedBy).toEqual(expect.any(String))
      expectStatus(await admin(`/isolation/runs/${run.id}/thaw`, undefined, 'POST'), 409)
      const { json } = await admin('/tenants/acme/moves', { kind: 'promote' })
      expect(json.code).toBe('move_in_progress')
    },
  )
})

test('a schedule begins a run, which asks the deployment at its public address', patient, async () => {
  await using service = await ServiceWorld.open()
  const never = { isolation: { pollMs: 1e8 } }
  const first = await service.replica({}, never)
  await service.onboard(first, 'acme')
  let requests = 0
  const proxy = {
    fetch(request: Request) {
      requests += 1
      return first.services.publicApp.fetch(request)
    },
  }
  await using listener = await listen(proxy, { host: '127.0.0.1', port: 0 })
  const env = { PROVE_ISOLATION_EVERY_H: '1', PROVE_ISOLATION_URL: listener.url }
  const scheduled = await service.replica(env, { isolation: { pollMs: 50, scheduleMs: 50 } })
  const authorization = await service.issuer.staff('auditor')
  for (;;) {
    const { json } = await scheduled.admin({ path: '/isolation/runs', authorization })
    if (json.items[0]?.endedAt) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { json } = await scheduled.admin({ path: '/isolation/runs', authorization })
  expect(json.items).toMatchObject([{ state: 'passed', createdBy: 'system:isolation', fault: null }])
  const shown = await scheduled.admin({ path: `/isolation/runs/${json.items[0].id}`, authorization })
  const { report, signature } = shown.json.signed
  expect([report.notCovered.join(' ').includes('PROVE_ISOLATION_URL'), signature]).toEqual([false, null])
  expect(report.notCovered).toContain('POST /answer: no model for answers is set.')
  expect(requests).toBeGreaterThan(500)
})

test('npm run check fails for a route without an entry, and for an entry without a route', async () => {
  expect(await checkIsolationEntries()).toEqual([])
  const routes = routesForTenants()
  const fresh = { ...routes[0], path: '/fresh' } as AnyRoute
  expect(await checkIsolationEntries([...routes, fresh])).toEqual([expect.stringMatching(/^POST \/fresh has no entry/)])
  const fewer = routes.filter(({ path }) => path !== '/mcp')
  expect(await checkIsolationEntries(fewer)).toEqual([expect.stringContaining('POST /mcp')])
})

test.each([2, 3, 5, 8])('of %i canaries each writes once while each other one stands by', (count) => {
  const all = Array.from({ length: count }, (_, i) => i)
  const groups = groupsOfWriters(all)
  for (const by of all) {
    for (const other of all) {
      if (other === by) continue
      expect(groups.some(({ writers, bystanders }) => writers.includes(by) && bystanders.includes(other))).toBe(true)
    }
  }
})

// biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
async function ended(id: string): Promise<any> {
  for (;;) {
    const { json } = await admin(`/isolation/runs/${id}`)
    if (json.endedAt !== null) return json
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
