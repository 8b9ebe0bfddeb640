import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bagOfWords } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { seriousFaults } from './axe.ts'
import { openBrowser, type Seat, seat } from './browser.ts'
import { ConsoleWorld } from './console-world.ts'

let world: ConsoleWorld
let browser: Browser
const holds = new MoveHolds()

beforeAll(async () => {
  world = await ConsoleWorld.open({}, holds.overrides)
  browser = await openBrowser()
  for (const id of ['acme', 'harbor', 'lumen', 'orchard']) {
    const authorization = await world.onboard(id)
    const vectors = ['a', 'b', 'c'].map((name) => ({ id: name, values: bagOfWords(name) }))
    const answer = await world.replica.public({ path: '/vectors/upsert', authorization, body: { vectors } })
    expect(answer.status).toBe(200)
  }
  // A day of use, counted up to a number whose price is easy to tell: $517.08 a month, and storage under a cent.
  await world.service.home.sql`insert into tenant_requests
    (tenant_id, day, requests, errors, read_units, write_units, latency)
    values ('acme', current_date, 10, 0, 1000000, 250000, '{}')
    on conflict (tenant_id, day) do update set read_units = 1000000, write_units = 250000`
})
afterAll(async () => {
  holds.releaseAll()
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

/** Promotes by the tenant's page: the plan, the typed id, the button. */
async function promote(page: Page, id: string): Promise<void> {
  await page.getByRole('link', { name: 'Promote…' }).click()
  await page.getByRole('heading', { name: 'The plan' }).waitFor()
  await page.getByRole('textbox', { name: /to confirm/ }).fill(id)
  await page.getByRole('button', { name: 'Promote' }).click()
  await page.getByRole('heading', { name: new RegExp(`^${id} to a place of its own`) }).waitFor()
}

const placeOf = async (id: string) => (await world.ask(`/tenants/${id}`)).json.placement?.kind
/** A page that was loaded anew would have lost the mark. */
const mark = (page: Page) => page.evaluate('globalThis.isTheSamePage = true')
const isSame = (page: Page) => page.evaluate('globalThis.isTheSamePage === true')

test('a promotion is planned, confirmed, and followed live to its end', async () => {
  await using platform: Seat = await seat(browser, world, 'platform')
  const { page } = platform
  const copying = holds.hold('copy: batch claimed')
  await platform.go('/console/tenants/acme/promote')
  const cost = page.locator('dt', { hasText: 'Cost of a month' }).locator('xpath=following-sibling::dd[1]')
  await cost.getByText('$517.08 now, $517.08 afterwards').waitFor()
  await cost.getByText('An estimate by the reads and writes of one day').waitFor()
  const binds = page.locator('dt', { hasText: 'What sets the time' }).locator('xpath=following-sibling::dd[1]')
  await binds.getByText('prepare, 10 s: the vendor takes about 10 s to start an index').waitFor()
  const egress = page.locator('dt', { hasText: 'Read out of the places' }).locator('xpath=following-sibling::dd[1]')
  await egress.getByText('No price is known').waitFor()
  await platform.go('/console/tenants/acme')
  await promote(page, 'acme')
  await mark(page)
  await copying.reached
  await page.getByText('Copying', { exact: true }).waitFor()
  await page.getByRole('progressbar', { name: 'Progress of acme' }).waitFor()
  expect(await placeOf('acme')).toBe('pool')
  copying.release()
  await page.getByText('It has moved', { exact: true }).waitFor()
  expect(await placeOf('acme')).toBe('silo')
  expect(await isSame(page)).toBe(true)
  await page.getByRole('link', { name: 'Delete the old place now…' }).click()
  await page.getByText('There is no way back from that').waitFor()
  await page.getByRole('button', { name: 'Delete the old place now' }).click()
  await page.getByText('Done', { exact: true }).waitFor()
  expect(platform.faults).toEqual([])
})

test('a move that has switched goes back to the old place, followed live', async () => {
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  await platform.go('/console/tenants/harbor')
  await promote(page, 'harbor')
  await page.getByText('It has moved', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Go back to the old place…' }).click()
  await page.getByRole('textbox', { name: /Reason/ }).fill('the app’s team asked for it')
  await page.getByRole('button', { name: 'Go back to the old place' }).click()
  await page.getByText('Gone back', { exact: true }).waitFor()
  expect(await placeOf('harbor')).toBe('pool')
  const { items } = (await world.ask('/audit?tenantId=harbor&action=move.rollback')).json
  expect(items[0]).toMatchObject({ actor: 'platform@development', note: 'the app’s team asked for it' })
  expect(platform.faults).toEqual([])
})

test('the list follows moves that others begin, pause and cancel', async () => {
  await using watcher = await seat(browser, world, 'auditor')
  const { page } = watcher
  await watcher.go('/console/moves')
  await mark(page)
  const copying = holds.hold('copy: batch claimed')
  const { id } = (await world.ask('/tenants/lumen/moves', { kind: 'promote' })).json
  await copying.reached
  const card = page.locator(`#move-${id}`)
  await card.getByText('Copying', { exact: true }).waitFor()
  await world.ask(`/moves/${id}/pause`, {})
  await card.getByText('Paused', { exact: true }).waitFor()
  await card.getByText('Resume it when you are ready.').waitFor()
  expect(await card.getByRole('button').count()).toBe(0)
  await world.ask(`/moves/${id}/cancel`, {})
  copying.release()
  await card.waitFor({ state: 'detached' })
  expect(await isSame(page)).toBe(true)
  expect(watcher.faults).toEqual([])
})

test('a move that would lose records waits for a person, who types how many are given up', async () => {
  const authorization = await world.onboard('stopped')
  const vectors = Array.from({ length: 500 }, (_, n) => ({ id: `r${n}`, values: bagOfWords('a') }))
  expect((await world.replica.public({ path: '/vectors/upsert', authorization, body: { vectors } })).status).toBe(200)
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  await platform.go('/console/tenants/stopped')
  await promote(page, 'stopped')
  await page.getByText('It has moved', { exact: true }).waitFor()
  const [old] = await world.service.home.sql<{ host: string; namespace: string }[]>`
    select indexes.host, namespace from places join indexes on indexes.id = index_id
    where places.tenant_id = 'stopped' and generation = 1`
  if (old === undefined) throw new Error('the old place is not there')
  // Somebody empties the old place, with the vendor's own API.
  const origin = old.host.startsWith('http') ? old.host : `http://${old.host}`
  const headers = { 'api-key': 'local', 'x-pinecone-api-version': '2025-10' }
  const emptied = await fetch(`${origin}/namespaces/${old.namespace}`, { method: 'DELETE', headers })
  expect(emptied.status).toBeLessThan(300)
  await page.getByRole('link', { name: 'Go back to the old place…' }).click()
  await page.getByRole('button', { name: 'Go back to the old place' }).click()
  await page.getByText(/^A person has to decide, since/).waitFor()
  await page.getByText(/^The place to switch to shows 0 records [^.]* are gone from it\.$/).waitFor()
  await page.getByRole('link', { name: 'Decide…' }).click()
  expect(await seriousFaults(page)).toEqual([])
  const giveUp = page.locator('form', { has: page.getByRole('heading', { name: 'Go on without them' }) })
  await giveUp.getByRole('button', { name: 'Give up 500 records' }).waitFor()
  const { items } = (await world.ask('/moves?tenantId=stopped')).json
  const sent = await world.signedIn('platform')
  const unsure = [
    ['_csrf', await sent.proof()],
    ['accept', '500'],
    ['typed', '50'],
  ] as const
  const refused = await sent.go(`/console/moves/${items[0].id}/decide`, { form: unsure })
  expect([refused.status, refused.text.includes('Type 500 to confirm')]).toEqual([422, true])
  expect((await world.ask(`/moves/${items[0].id}`)).json.waitsFor.kind).toBe('needs_person')
  await giveUp.getByRole('textbox', { name: /to confirm/ }).fill('500')
  await giveUp.getByRole('textbox', { name: /Reason/ }).fill('the new place has all')
  await giveUp.getByRole('button', { name: 'Give up 500 records' }).click()
  await page.getByText('Gone back', { exact: true }).waitFor()
  const audit = (await world.ask('/audit?tenantId=stopped&action=move.rollback')).json.items
  expect(audit[0]).toMatchObject({ note: 'the new place has all', detail: { acceptLoss: 500 } })
  await page.getByRole('link', { name: 'The whole report' }).click()
  await page.getByRole('heading', { name: /^Report: stopped/ }).waitFor()
  await page.getByText('Lanes', { exact: true }).waitFor()
  await page.getByRole('heading', { name: 'Digests by range of ids' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  expect(platform.faults).toEqual([])
})
