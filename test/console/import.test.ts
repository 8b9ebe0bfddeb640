import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFaults } from './axe.ts'
import { openBrowser, seat } from './browser.ts'
import { ConsoleWorld } from './console-world.ts'

let world: ConsoleWorld
let browser: Browser

beforeAll(async () => {
  world = await ConsoleWorld.open()
  browser = await openBrowser()
  for (const id of ['acme', 'harbor', 'lumen', 'orchard']) await world.onboard(id)
  const { sql } = world.replica.services.database
  await sql`insert into tenant_requests (tenant_id, day, requests, errors)
    select 'acme', current_date - ago, 100 + ago * 7, ago from generate_series(0, 20) as ago`
})
afterAll(async () => {
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

const shown = async (id: string) => (await world.ask(`/tenants/${id}`)).json

test('sales pastes a table, reads the diff row by row, imports it, and undoes it', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await sales.go('/console/import')
  const rows = [
    'id,name,tier,owner',
    'acme,Acme Bikes,enterprise,Ines',
    'harbor,,,',
    'new-one,New One,standard,Jonas',
    'lumen,,gold,',
  ]
  await page.getByRole('textbox', { name: 'Rows, with a line of headers' }).fill(rows.join('\n'))
  await page.getByRole('button', { name: 'Show what would change' }).click()
  await page.getByRole('heading', { name: '2 tenants would change' }).waitFor()
  await page.getByRole('row', { name: /acme Changed .*tier: standard enterprise/ }).waitFor()
  await page.getByRole('row', { name: /new-one New/ }).waitFor()
  await page.getByRole('row', { name: /lumen Can’t be imported/ }).waitFor()
  expect(await shown('acme')).toMatchObject({ name: 'acme', tier: 'standard' })
  await page.getByRole('checkbox', { name: /Leave out the 1 row/ }).check()
  await page.getByRole('button', { name: 'Import 2 tenants' }).click()
  await page.getByRole('heading', { name: '2 tenants imported' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  expect(await shown('acme')).toMatchObject({ name: 'Acme Bikes', tier: 'enterprise', attributes: { owner: 'Ines' } })
  await page.getByRole('button', { name: 'Undo all of it' }).click()
  await page.getByRole('heading', { name: 'Undone' }).waitFor()
  expect(await shown('acme')).toMatchObject({ name: 'acme', tier: 'standard', attributes: {} })
  expect(sales.faults).toEqual([])
})

test('a table that a colleague has overtaken is shown as a conflict, and changes nothing', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await sales.go('/console/import')
  await page.getByLabel('Or a file').setInputFiles({
    name: 'accounts.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('id;tier\r\nharbor;enterprise\r\norchard;enterprise\r\n'),
  })
  await page.getByRole('button', { name: 'Show what would change' }).click()
  await page.getByRole('heading', { name: '2 tenants would change' }).waitFor()
  await world.ask('/tenants/harbor', { tier: 'enterprise' }, 'PATCH')
  await world.ask('/tenants/harbor', { name: 'Harbor Bank' }, 'PATCH')
  await page.getByRole('button', { name: 'Import 2 tenants' }).click()
  await page.getByRole('alert').filter({ hasText: 'Nothing was changed' }).waitFor()
  await page.getByRole('link', { name: /In conflict/ }).click()
  await page.getByRole('row', { name: /harbor/ }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  expect(await shown('orchard')).toMatchObject({ tier: 'standard' })
})

test('a table that cannot be read is refused with the reason, and what was pasted stays', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await sales.go('/console/import')
  await page.getByRole('textbox', { name: 'Rows, with a line of headers' }).fill('colour\nred')
  await page.getByRole('button', { name: 'Show what would change' }).click()
  await page.getByRole('alert').filter({ hasText: 'The table can’t be read' }).waitFor()
  expect(await page.getByRole('textbox', { name: 'Rows, with a line of headers' }).inputValue()).toBe('colour\nred')
})

test('sales changes the account of a tenant; what a colleague changed meanwhile is not overwritten', async () => {
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  await sales.go('/console/tenants/orchard')
  await page.getByRole('link', { name: 'Change the account' }).click()
  await page.getByRole('textbox', { name: 'Owner' }).fill('Ines')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'orchard', level: 1 }).waitFor()
  expect((await shown('orchard')).attributes).toEqual({ owner: 'Ines' })
  await page.getByRole('link', { name: 'Change the account' }).click()
  await world.ask('/tenants/orchard', { attributes: { owner: 'Mira', plan: 'gold' } }, 'PATCH')
  await page.getByRole('textbox', { name: 'Owner' }).fill('Jonas')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('It is now Owner: Mira').waitFor()
  expect(await seriousFaults(page)).toEqual([])
  expect((await shown('orchard')).attributes).toEqual({ owner: 'Mira', plan: 'gold' })
})

test('the platform team asks in a tenant’s place, and the audit says so without the question', async () => {
  const app = await world.service.issuer.tenant('acme')
  const put = (id: string, body: object) =>
    world.replica.public({ path: `/documents/${id}`, method: 'PUT', authorization: app, body })
  expect((await put('open', { text: 'The bicycle shed is behind the house.' })).status).toBe(201)
  expect(
    (await put('board', { text: 'The bicycle merger is secret.', metadata: { visibility: ['board'] } })).status,
  ).toBe(201)
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  await platform.go('/console/tenants/acme')
  await page.getByRole('link', { name: 'Try a query' }).last().click()
  expect(await page.getByRole('textbox', { name: 'Tenant' }).inputValue()).toBe('acme')
  await page.getByRole('textbox', { name: 'Question' }).fill('bicycle')
  await page.getByRole('radio', { name: 'These groups:' }).check()
  await page.getByRole('textbox', { name: /Groups/ }).fill('hr')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('behind the house').waitFor()
  expect(await seriousFaults(page)).toEqual([])
  expect(await page.getByText('merger').count()).toBe(0)
  await page.getByRole('textbox', { name: /Groups/ }).fill('board')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('merger').waitFor()
  const { items } = (await world.ask('/audit?action=query.try')).json
  expect(items).toHaveLength(2)
  expect(items[0]).toMatchObject({ actor: 'platform@development', tenantId: 'acme', detail: { groups: ['board'] } })
  expect(JSON.stringify(items)).not.toContain('bicycle')
  await page.getByRole('textbox', { name: 'Tenant' }).fill('nobody')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByRole('alert').waitFor()
  expect(platform.faults).toEqual([])
})

test('others may not ask in a tenant’s place, and do not see the page', async () => {
  for (const person of ['sales', 'auditor'] as const) {
    const visitor = await world.signedIn(person)
    expect((await visitor.go('/console/tenants')).text).not.toContain('/console/try')
    expect((await visitor.go('/console/try')).status).toBe(403)
    const form = [
      ['_csrf', await visitor.proof()],
      ['tenant', 'acme'],
      ['query', 'bicycle'],
    ] as const
    expect((await visitor.go('/console/try', { form })).status).toBe(403)
  }
})

test('the charts of a tenant’s use are drawn, and hide nothing from a screen reader', async () => {
  await using platform = await seat(browser, world, 'platform')
  await platform.go('/console/tenants/acme')
  await platform.page.locator('.chart canvas').waitFor()
  expect(await seriousFaults(platform.page)).toEqual([])
  expect(platform.faults).toEqual([])
})
