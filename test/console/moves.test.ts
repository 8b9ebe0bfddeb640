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

for (const theme of ['light', 'dark'] as const) {
  test(`the pages of tenants, moves, shards and the audit have no serious fault of accessibility, ${theme}`, async () => {
    await using platform = await seat(browser, world, 'platform', { theme })
    const { page } = platform
    const { items } = (await world.ask('/moves?limit=100')).json
    const harbor = items.find(({ tenantId }: { tenantId: string }) => tenantId === 'harbor')
    const pages = [
      ['/console/tenants/acme', 'acme'],
      ['/console/tenants/orchard/promote', 'Promote: orchard'],
      ['/console/tenants/orchard/offboard', 'Offboard: orchard'],
      ['/console/moves', 'Moves'],
      [`/console/moves/${harbor.id}`, 'harbor to a place of its own'],
      [`/console/moves/${harbor.id}/rollback`, 'Go back to the old place: harbor'],
      ['/console/shards', 'Shards'],
      ['/console/audit', 'Audit'],
    ] as const
    for (const [path, name] of pages) {
      await platform.go(path)
      await page.getByRole('heading', { name, exact: true, level: 1 }).waitFor()
      expect(await seriousFaults(page), path).toEqual([])
    }
    expect(platform.faults).toEqual([])
  })
}
