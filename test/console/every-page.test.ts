import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { consolePages } from '../../src/http/console/console-pages.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { seriousFaults } from './axe.ts'
import { openBrowser, type Seat, seat } from './browser.ts'
import { ConsoleWorld, type Person } from './console-world.ts'

let world: ConsoleWorld
let browser: Browser
/** Addresses of each page, by its path in `consolePages`, in the states that look different. */
let addresses: Readonly<Record<string, readonly string[]>>
const holds = new MoveHolds()

/** Parts that another page holds: results of the palette, and streams of events. */
const parts = new Set(['/palette', '/moves/live', '/moves/:id/live'])

beforeAll(async () => {
  world = await ConsoleWorld.open({ APPROVALS: 'offboard' }, holds.overrides)
  browser = await openBrowser()
  for (const id of ['resting', 'moved', 'copying', 'barred', 'gone', 'leaving']) {
    const authorization = await world.onboard(id, { attributes: { owner: 'Ines', crmId: `crm-${id}` } })
    const body = { vectors: [{ id: 'a', values: bagOfWords('a') }] }
    expect((await world.replica.public({ path: '/vectors/upsert', authorization, body })).status).toBe(200)
  }
  await world.onboard('own', { tier: 'enterprise' })
  await world.ask('/tenants/resting', { tier: 'enterprise' }, 'PATCH')
  await world.ask('/tenants/barred/suspend', {})
  const second = await world.signedIn('platform-2')
  for (const id of ['gone', 'leaving']) {
    const asked = (await world.ask(`/tenants/${id}`, undefined, 'DELETE')).json
    if (id === 'leaving') continue
    await second.go(`/console/approvals/${asked.id}/approve`, { form: [['_csrf', await second.proof()]] })
  }
  const stateOf = async (path: string, field: string) => (await world.ask(path)).json[field]
  const becomes = (path: string, field: string, value: string) =>
    vi.waitFor(async () => expect(await stateOf(path, field)).toBe(value), { timeout: 60_000, interval: 100 })
  await becomes('/tenants/gone', 'status', 'offboarded')
  const moved = (await world.ask('/tenants/moved/moves', { kind: 'promote' })).json.id
  await becomes(`/moves/${moved}`, 'state', 'soaking')
  const { reached } = holds.hold('copy: batch claimed')
  const copying = (await world.ask('/tenants/copying/moves', { kind: 'promote' })).json.id
  await reached
  const table = 'id,tier\nresting,standard\nown,gold\nnew-one,standard'
  const previewed = (await world.ask('/tenants/import?dryRun=true', { text: table })).json.id
  const applied = (await world.ask('/tenants/import', { text: 'id,owner\nresting,Mira' })).json.id
  const sales = await world.signedIn('sales')
  const tagged = await sales.go('/console/tenants/tagged', { form: await sales.previewTags('enterprise', ['barred']) })
  const tenants = ['resting', 'own', 'moved', 'copying', 'barred', 'gone', 'leaving']
  const of = (path: string, ids: readonly string[]) => ids.map((id) => path.replace(':id', id))
  addresses = {
    '/tenants': ['/tenants', '/tenants?state=awaiting', '/tenants?q=nobody-is-called-that'],
    '/tenants/tagged/:id': [tagged.location.replace('/console', '')],
    '/tenants/:id': of('/tenants/:id', tenants),
    '/tenants/:id/account': ['/tenants/resting/account'],
    '/tenants/:id/documents': ['/tenants/resting/documents'],
    '/tenants/:id/limits': ['/tenants/resting/limits'],
    '/tenants/:id/:verb': [
      ...['promote', 'rebalance', 'relocate', 'suspend', 'offboard'].map((verb) => `/tenants/resting/${verb}`),
      '/tenants/resting/relocate?region=eu-west-1',
      '/tenants/own/demote',
      '/tenants/own/promote',
      '/tenants/barred/resume',
    ],
    '/moves': ['/moves'],
    '/moves/:id': of('/moves/:id', [moved, copying]),
    '/moves/:id/report': of('/moves/:id/report', [moved]),
    '/moves/:id/decide': of('/moves/:id/decide', [moved]),
    '/moves/:id/:verb': [
      ...['rollback', 'complete', 'resume'].map((verb) => `/moves/${moved}/${verb}`),
      ...['pause', 'cancel'].map((verb) => `/moves/${copying}/${verb}`),
    ],
    '/import': ['/import'],
    '/import/:id': of('/import/:id', [previewed, applied]),
    '/approvals': ['/approvals'],
    '/try': ['/try'],
    '/shards': ['/shards'],
    '/audit': ['/audit'],
  }
})
afterAll(async () => {
  holds.releaseAll()
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

async function look(at: Seat, address: string): Promise<void> {
  const answer = await at.page.goto(`${world.url}/console${address}`)
  expect([answer?.status(), await at.page.getByRole('heading', { level: 1 }).count()], address).toEqual([200, 1])
  expect(await seriousFaults(at.page), address).toEqual([])
}

test('every page of the console is looked at', () => {
  const pages = consolePages.flatMap(({ method, path }) => (method === 'get' && !parts.has(path) ? [path] : []))
  expect(Object.keys(addresses).toSorted()).toEqual(pages.toSorted())
})

test('no page has a serious fault of accessibility, in either theme, calls elsewhere or breaks its policy', {
  timeout: 600_000,
}, async () => {
  await using platform = await seat(browser, world, 'platform')
  for (const address of Object.values(addresses).flat()) await look(platform, address)
  expect(platform.faults).toEqual([])
})

test.each([
  ['sales', ['/tenants/:id', '/tenants/:id/account', '/moves/:id', '/approvals', '/import/:id']],
  ['auditor', ['/moves/:id', '/audit']],
] as const)('neither do the pages as %s sees them', { timeout: 600_000 }, async (person: Person, pages) => {
  await using other = await seat(browser, world, person)
  for (const address of pages.flatMap((path) => addresses[path] ?? [])) await look(other, address)
  expect(other.faults).toEqual([])
})

test('no page is wider than a phone', { timeout: 600_000 }, async () => {
  await using phone = await seat(browser, world, 'platform', { phone: true })
  for (const address of Object.values(addresses).flat()) {
    await phone.go(`/console${address}`)
    const width = await phone.page.evaluate('document.documentElement.scrollWidth')
    expect([address, width]).toEqual([address, 390])
  }
  expect(phone.faults).toEqual([])
})
