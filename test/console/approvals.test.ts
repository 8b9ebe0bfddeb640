import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFaults } from './axe.ts'
import { openBrowser, seat } from './browser.ts'
import { ConsoleWorld } from './console-world.ts'

let world: ConsoleWorld
let browser: Browser

beforeAll(async () => {
  world = await ConsoleWorld.open({ APPROVALS: 'offboard import suspend promote demote rebalance' })
  browser = await openBrowser()
  for (const id of ['acme', 'harbor', 'lumen', 'orchard', 'quarry']) await world.onboard(id)
  await world.onboard('villa', { tier: 'enterprise' })
  // Another shared index, so that there is somewhere to move to.
  expect((await world.ask('/indexes', {})).status).toBeLessThan(300)
})
afterAll(async () => {
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

const status = async (id: string) => (await world.ask(`/tenants/${id}`)).json.status

test('offboarding asked for by one is approved and carried out by a second person', async () => {
  await using first = await seat(browser, world, 'platform')
  const { page } = first
  await first.go('/console/tenants/acme')
  await page.getByRole('link', { name: 'Offboard…' }).click()
  await page.getByRole('textbox', { name: /to confirm/ }).fill('acme')
  await page.getByRole('textbox', { name: /Reason/ }).fill('contract ended')
  await page.getByRole('button', { name: 'Offboard' }).click()
  await page.getByText('you can only withdraw it').waitFor()
  expect(await page.getByRole('button', { name: /Approve/ }).count()).toBe(0)
  expect(await status('acme')).toBe('active')
  expect(await seriousFaults(page)).toEqual([])
  await using second = await seat(browser, world, 'platform-2', { theme: 'dark' })
  await second.go('/console/approvals')
  expect(await seriousFaults(second.page)).toEqual([])
  await second.page.getByText('contract ended').waitFor()
  await second.page.getByRole('button', { name: 'Approve, and do it' }).click()
  await second.page.getByRole('row', { name: /Offboard acme Approved/ }).waitFor()
  await expect.poll(() => status('acme')).toBe('offboarded')
  const { items } = (await world.ask('/audit?tenantId=acme&action=approval.')).json
  expect(items.map(({ actor }: { actor: string }) => actor)).toEqual(['platform-2@development', 'platform@development'])
  expect([...first.faults, ...second.faults]).toEqual([])
})

test('the one who asked cannot approve by a form of his own either', async () => {
  const first = await world.signedIn('platform')
  const proof = ['_csrf', await first.proof()] as const
  const asked = await first.go('/console/tenants/harbor/offboard', { form: [proof, ['typed', 'harbor']] })
  expect(asked.location).toBe('/console/approvals')
  const { items } = (await world.ask('/approvals?state=awaiting_approval')).json
  const answer = await first.go(`/console/approvals/${items[0].id}/approve`, { form: [proof] })
  expect(answer.status).toBe(409)
  expect(answer.text).toContain('Nothing was done')
  expect(await status('harbor')).toBe('active')
})

test('a plan that has changed since is void, and nothing is done', async () => {
  const [first, second] = [await world.signedIn('platform'), await world.signedIn('platform-2')]
  await first.go('/console/tenants/lumen/offboard', {
    form: [
      ['_csrf', await first.proof()],
      ['typed', 'lumen'],
    ],
  })
  await world.ask('/tenants/lumen', { tier: 'enterprise' }, 'PATCH')
  const { items } = (await world.ask('/approvals?state=awaiting_approval')).json
  const { id } = items.find(({ subject }: { subject: string }) => subject === 'lumen')
  const answer = await second.go(`/console/approvals/${id}/approve`, { form: [['_csrf', await second.proof()]] })
  expect(answer.status).toBe(409)
  expect(answer.text).toContain('Void: something had changed')
  expect(await status('lumen')).toBe('active')
})

test('an import by sales waits for a second person', async () => {
  const sales = await world.signedIn('sales')
  const proof = ['_csrf', await sales.proof()] as const
  const diff = await sales.go('/console/import', { form: [proof, ['text', 'id,tier\nharbor,enterprise']] })
  const asked = await sales.go(`${diff.location}/apply`, { form: [proof] })
  expect(asked.location).toBe('/console/approvals')
  expect((await sales.go(asked.location)).text).toContain('a table')
  expect((await world.ask('/tenants/harbor')).json.tier).toBe('standard')
})

test('every verb that needs a second person leads to the approvals, says what waits, and has done nothing', async () => {
  await using first = await seat(browser, world, 'platform')
  const { page } = first
  const verbs = [
    ['orchard', 'Suspend', 'Suspend orchard'],
    ['orchard', 'Promote', 'Promote orchard'],
    ['orchard', 'Move to another shared place', 'Move to another shared place: orchard'],
    ['villa', 'Move to a shared place', 'Move to a shared place: villa'],
  ] as const
  for (const [id, button, waiting] of verbs) {
    await first.go(`/console/tenants/${id}`)
    await page.getByRole('link', { name: `${button}…` }).click()
    await page.getByRole('textbox', { name: /to confirm/ }).fill(id)
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('heading', { name: 'Approvals' }).waitFor()
    await page.getByRole('heading', { name: waiting }).waitFor()
  }
  expect(await status('orchard')).toBe('active')
  expect((await world.ask('/moves')).json.items).toEqual([])
  // Resuming needs nobody else, and neither does tagging one tenant by the API.
  await using sales = await seat(browser, world, 'sales')
  await sales.go('/console/tenants/quarry')
  await sales.page.getByRole('button', { name: 'Tag as Enterprise…' }).click()
  await sales.page.getByRole('button', { name: 'Tag 1 tenant' }).click()
  await sales.page.getByRole('heading', { name: 'Approvals' }).waitFor()
  expect((await world.ask('/tenants/quarry')).json.tier).toBe('standard')
  await using second = await seat(browser, world, 'platform-2')
  await second.go('/console/approvals')
  const card = (name: string) => second.page.locator('section', { has: second.page.getByRole('heading', { name }) })
  await card('Promote orchard').getByRole('button', { name: 'Approve, and do it' }).click()
  await second.page.getByRole('row', { name: /Promote orchard Approved/ }).waitFor()
  await card('Move to a shared place: villa').getByRole('button', { name: 'Approve, and do it' }).click()
  await second.page.getByRole('row', { name: /Move to a shared place: villa Approved/ }).waitFor()
  const placeOf = async (id: string) => (await world.ask(`/tenants/${id}`)).json.placement.kind
  await expect.poll(() => placeOf('orchard'), { timeout: 60_000 }).toBe('silo')
  await expect.poll(() => placeOf('villa'), { timeout: 60_000 }).toBe('pool')
  // What was shown of the tenant has changed by that.
  await card('Move to another shared place: orchard').getByRole('button', { name: 'Approve, and do it' }).click()
  await second.page.getByRole('row', { name: /Move to another shared place: orchard Void/ }).waitFor()
  expect((await world.ask('/moves?tenantId=orchard')).json.items).toHaveLength(1)
  await card('Suspend orchard').getByRole('button', { name: 'Approve, and do it' }).click()
  await second.page.getByRole('row', { name: /Suspend orchard Void/ }).waitFor()
  expect(await status('orchard')).toBe('active')
  expect([...first.faults, ...sales.faults, ...second.faults]).toEqual([])
})
