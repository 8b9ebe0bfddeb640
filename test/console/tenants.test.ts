import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFaults } from './axe.ts'
import { openBrowser, seat } from './browser.ts'
import { ConsoleWorld } from './console-world.ts'

let world: ConsoleWorld
let browser: Browser
const attack = '<img src=x onerror="document.title=1"><b>Bold Bikes</b>'

beforeAll(async () => {
  world = await ConsoleWorld.open()
  browser = await openBrowser()
  await world.onboard('acme', { name: 'Acme Bikes', attributes: { owner: 'Ines' } })
  await world.onboard('harbor', { name: 'Harbor Bank' })
  await world.onboard('attack', { name: attack, attributes: { owner: attack } })
  for (let one = 1; one <= 60; one += 1) await world.onboard(`many-${String(one).padStart(2, '0')}`)
})
afterAll(async () => {
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

const row = (name: string) => ({ name: new RegExp(name) })
const tier = async (id: string) => (await world.ask(`/tenants/${id}`)).json.tier

test('sales finds tenants while typing, and tags two of them after a preview', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await page.getByRole('searchbox', { name: 'Search tenants' }).fill('bank')
  await page.getByRole('row', row('Harbor Bank')).waitFor()
  await page.getByRole('row', row('Acme Bikes')).waitFor({ state: 'detached' })
  await expect.poll(() => new URL(page.url()).search).toBe('?q=bank')
  await page.getByRole('searchbox', { name: 'Search tenants' }).fill('')
  await page.getByRole('row', row('Acme Bikes')).waitFor()
  await page.getByRole('checkbox', { name: 'Select Acme Bikes' }).check()
  await page.getByRole('checkbox', { name: 'Select Harbor Bank' }).check()
  await page.getByText('2 selected').waitFor()
  await page.getByRole('button', { name: 'Tag as Enterprise…' }).click()
  await page.getByRole('heading', { name: 'Tag 2 tenants as Enterprise?' }).waitFor()
  expect([await tier('acme'), await tier('harbor')]).toEqual(['standard', 'standard'])
  await page.getByRole('textbox', { name: /Reason/ }).fill('signed')
  await page.getByRole('button', { name: 'Tag 2 tenants' }).click()
  await page.getByRole('heading', { name: '2 tenants tagged as Enterprise' }).waitFor()
  expect([await tier('acme'), await tier('harbor')]).toEqual(['enterprise', 'enterprise'])
  await page.getByRole('link', { name: 'Those awaiting promotion' }).click()
  await page.getByRole('row', row('Acme Bikes')).waitFor()
  await page.getByRole('link', { name: 'Acme Bikes' }).click()
  await page.getByRole('heading', { name: 'History of its tag' }).waitFor()
  await page.getByText('standard → enterprise').waitFor()
  await page.getByText('signed', { exact: true }).waitFor()
  expect(sales.faults).toEqual([])
})

test('an address with a tier or state that does not exist shows the whole list, and says so', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await page.goto(new URL('/console/tenants?tier=gold&state=%3Cb%3Easleep&q=bank', page.url()).href)
  await page.getByText('There is no tier “gold”').waitFor()
  await page.getByText('There is no state “<b>asleep”').waitFor()
  await page.getByRole('row', row('Harbor Bank')).waitFor()
  await page.goto(new URL('/console/tenants?tier=enterprise&state=active', page.url()).href)
  await page.getByRole('searchbox', { name: 'Search tenants' }).waitFor()
  expect(await page.getByText('There is no').count()).toBe(0)
  expect(sales.faults).toEqual([])
})

test('a tenant is found and tagged by keyboard alone', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  const { keyboard } = page
  await keyboard.press('/')
  await keyboard.type('many-07')
  await page.getByRole('row', row('many-08')).waitFor({ state: 'detached' })
  await keyboard.press('Tab')
  await keyboard.press('j')
  await keyboard.press('x')
  await page.getByText('1 selected').waitFor()
  await keyboard.press('Tab')
  await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Tag as Enterprise…')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Tag 1 tenant as Enterprise?' }).waitFor()
  for (let tabs = 0; ; tabs += 1) {
    if (tabs > 40) throw new Error('no Tab leads to the button')
    await keyboard.press('Tab')
    if ((await page.evaluate('document.activeElement.textContent')) === 'Tag 1 tenant') break
  }
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: '1 tenant tagged as Enterprise' }).waitFor()
  expect(await tier('many-07')).toBe('enterprise')
  expect(sales.faults).toEqual([])
})

test('further tenants come below those that are shown, and keep what is selected', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await page
    .getByRole('checkbox', { name: 'Select attack' })
    .or(page.getByRole('checkbox', { name: /Bold Bikes/ }))
    .check()
  await page.getByRole('link', { name: 'Show more' }).click()
  await page.getByRole('row', row('many-60')).waitFor()
  expect(await page.getByRole('row').count()).toBe(64)
  await page.getByText('1 selected').waitFor()
  await page.getByRole('checkbox', { name: 'Select all that are shown' }).check()
  await page.getByText('63 selected').waitFor()
})

test('HTML in a tenant’s name and attributes is shown as text', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await page.getByRole('link', { name: attack, exact: true }).waitFor()
  expect(await page.locator('main img, main b').count()).toBe(0)
  expect(await page.title()).toBe('Tenants · tenant-router')
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('combobox', { name: 'Search tenants and pages' }).fill('Bold Bikes')
  await page.getByRole('option', { name: /Bold Bikes/ }).waitFor()
  expect(await page.locator('dialog img, dialog b').count()).toBe(0)
  expect(sales.faults).toEqual([])
})

test('500 tenants are previewed at once, in the order in which they were selected', async () => {
  const { sql } = world.replica.services.database
  await sql`insert into tenants (id, name, tier, status)
    select 'bulk-' || n, 'Bulk ' || n, 'standard', 'active' from generate_series(1, 500) n`
  const sales = await world.signedIn('sales')
  const ids = Array.from({ length: 500 }, (_, n) => `bulk-${500 - n}`)
  const form = [
    ['_csrf', await sales.proof()],
    ['tier', 'enterprise'],
    ...ids.map((id) => ['id', id] as const),
  ] as const
  const { status, text } = await sales.go('/console/tenants/tag', { form })
  expect([status, text.includes('Tag 500 tenants as Enterprise?')]).toEqual([200, true])
  expect([...text.matchAll(/<span class="id">(bulk-\d+)<\/span>/g)].map(([, id]) => id)).toEqual(ids)
  const more = await sales.go('/console/tenants/tag', { form: [...form, ['id', 'acme']] })
  expect([more.status, more.text.includes('Select up to 500 tenants at once')]).toEqual([400, true])
  const page = (await world.ask(`/tenants?ids=${ids.join(',')}`)).json
  expect([page.items.length, page.nextCursor]).toEqual([500, null])
  expect((await world.ask(`/tenants?ids=${ids.join(',')},acme`)).status).toBe(400)
  expect((await world.ask('/tenants?ids=acme,nobody')).json.items.map(({ id }: { id: string }) => id)).toEqual(['acme'])
  await sql`delete from tenants where id like 'bulk-%'`
})

test('⌘K goes to a tenant, also when Enter comes before the answer to what was typed', async () => {
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await page.route('**/console/palette?q=harb', async (route) => {
    asked.resolve()
    await goOn.promise
    await route.continue()
  })
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('option', { name: /^Tenants/ }).waitFor()
  await page.keyboard.type('har')
  // The list of these three letters begins with another page.
  await page.getByRole('option', { name: /^Shards/, selected: true }).waitFor()
  await page.keyboard.type('b')
  await asked.promise
  await page.keyboard.press('Enter')
  goOn.resolve()
  await page.waitForURL('**/console/tenants/harbor')
  expect(platform.faults).toEqual([])
})

test('the pages of the sign-in, the list and the preview have no serious fault of accessibility', async () => {
  await using door = await seat(browser, world, 'sales')
  const { page } = door
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('checkbox', { name: 'Select Acme Bikes' }).check()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Tag as Standard…' }).click()
  await page.getByRole('heading', { name: /Tag|Nothing/ }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await door.go('/console/tenants?q=nobody-is-called-that')
  await page.getByText('No tenant is like that').waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await door.go('/console/nowhere')
  await page.getByRole('heading', { name: 'Not found' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.context().clearCookies()
  await door.go('/console')
  await page.getByRole('link', { name: /^Sam,/ }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  expect(door.faults).toEqual([])
})

test('a name and an owner of 200 characters without a space do not widen the list', async () => {
  const long = 'Sehrlangername'.repeat(15).slice(0, 200)
  await world.onboard('long', { name: long, attributes: { owner: long } })
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await page.goto(new URL('/console/tenants?q=sehrlang', page.url()).href)
  await page.getByRole('row', row(long)).waitFor()
  const wider = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
  expect(await page.evaluate(wider)).toBe(0)
})
