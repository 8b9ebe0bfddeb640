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
})
afterAll(async () => {
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

const tier = async (id: string) => (await world.ask(`/tenants/${id}`)).json.tier

test('tags are all given or none, and all taken back for 15 minutes', async () => {
  for (const id of ['one', 'two', 'three']) await world.onboard(`together-${id}`)
  await using sales = await seat(browser, world, 'sales')
  const { page } = sales
  const preview = async () => {
    await sales.go('/console/tenants?q=together')
    await page.getByRole('checkbox', { name: 'Select all that are shown' }).check()
    await page.getByRole('button', { name: 'Tag as Enterprise…' }).click()
  }
  const tiers = () => Promise.all(['one', 'two', 'three'].map((id) => tier(`together-${id}`)))
  await preview()
  await page.getByRole('heading', { name: 'Tag 3 tenants as Enterprise?' }).waitFor()
  // A colleague is faster with one of them.
  await world.ask('/tenants/together-two', { tier: 'enterprise' }, 'PATCH')
  await page.getByRole('button', { name: 'Tag 3 tenants' }).click()
  await page.getByRole('heading', { name: 'Nothing was tagged' }).waitFor()
  await page.getByRole('row', { name: /together-two tier is "enterprise" by now/ }).waitFor()
  expect(await tiers()).toEqual(['standard', 'enterprise', 'standard'])
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByText('It is tagged so already.').waitFor()
  await page.getByRole('button', { name: 'Tag 2 tenants' }).click()
  await page.getByRole('heading', { name: '2 tenants tagged as Enterprise' }).waitFor()
  expect(await tiers()).toEqual(['enterprise', 'enterprise', 'enterprise'])
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Undo all of it' }).click()
  await page.getByText('Taken back').waitFor()
  expect(await tiers()).toEqual(['standard', 'enterprise', 'standard'])
  expect(sales.faults).toEqual([])
})

test('tags that a colleague has changed since are not taken back', async () => {
  await world.onboard('since-1')
  await world.onboard('since-2')
  const sales = await world.signedIn('sales')
  const tagged = await sales.go('/console/tenants/tagged', {
    form: await sales.previewTags('enterprise', ['since-1', 'since-2']),
  })
  await world.ask('/tenants/since-1', { tier: 'standard' }, 'PATCH')
  const undo = await sales.go(`${tagged.location}/undo`, { form: [['_csrf', await sales.proof()]] })
  expect(undo.status).toBe(409)
  expect(undo.text).toContain('A colleague has changed one of these tenants since')
  expect([await tier('since-1'), await tier('since-2')]).toEqual(['standard', 'enterprise'])
})

test('the platform team gives a tenant limits of its own until a day, and an overtaken form changes nothing', async () => {
  await world.onboard('limited')
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  await platform.go('/console/tenants/limited')
  await page.getByRole('link', { name: 'Change its limits' }).click()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('textbox', { name: 'Requests per minute' }).fill('120')
  await page.getByLabel(/^Until/).fill('2099-01-31T18:30')
  await page.getByRole('textbox', { name: /Reason/ }).fill('load test')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row', { name: /Requests per minute own 120/ }).waitFor()
  const limits = async () => {
    const { limits, limitsUntil } = (await world.ask('/tenants/limited')).json
    return { limits, limitsUntil }
  }
  expect(await limits()).toEqual({ limits: { requestsPerMinute: 120 }, limitsUntil: '2099-01-31T18:30:00.000Z' })
  const { items } = (await world.ask('/audit?tenantId=limited&action=tenant.change')).json
  expect(items[0]).toMatchObject({ actor: 'platform@development', note: 'load test' })
  await platform.go('/console/tenants/limited/limits')
  await world.ask('/tenants/limited', { limits: { requestsPerMinute: 60 } }, 'PATCH')
  await page.getByRole('textbox', { name: 'Requests per minute' }).fill('500')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('A colleague has changed its limits meanwhile.').waitFor()
  expect(await limits()).toEqual({ limits: { requestsPerMinute: 60 }, limitsUntil: null })
  expect(platform.faults).toEqual([])
  const sales = await world.signedIn('sales')
  expect((await sales.go('/console/tenants/limited')).text).not.toContain('Change its limits')
  expect((await sales.go('/console/tenants/limited/limits')).status).toBe(403)
})

test('uploads that failed stand on the tenant’s page with their reasons, without names of files', async () => {
  const authorization = await world.onboard('library')
  const { publicApp } = world.replica.services
  const upload = (documentId: string, bytes: string, name: string) => {
    const form = new FormData()
    form.append('file', new Blob([bytes]), name)
    form.append('documentId', documentId)
    return publicApp.request('/documents', { method: 'POST', headers: { authorization }, body: form })
  }
  expect((await upload('handbook', '# Handbook\n\nAll of it.', 'handbook.md')).status).toBe(202)
  expect((await upload('broken', '%PDF-1.7 and then nothing', 'secret-layoffs.pdf')).status).toBe(202)
  const states = async () =>
    Object.fromEntries(
      (await world.ask('/tenants/library/documents')).json.items.map((one: Record<string, unknown>) => [
        one.documentId,
        one.status,
      ]),
    )
  await expect.poll(states, { timeout: 60_000 }).toEqual({ broken: 'failed', handbook: 'ready' })
  const { text, json } = await world.ask('/tenants/library/documents?limit=1')
  expect(json).toMatchObject({ items: [{ documentId: 'broken', reason: { code: 'unreadable_document' } }] })
  expect(text).not.toContain('layoffs')
  const second = (await world.ask(`/tenants/library/documents?limit=1&cursor=${json.nextCursor}`)).json
  expect(second).toMatchObject({ items: [{ documentId: 'handbook', reason: null, chunks: 1 }], nextCursor: null })
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  await platform.go('/console/tenants/library')
  await page.getByText('1 upload failed:').waitFor()
  await page.getByRole('row', { name: /broken Failed .*unreadable_document/ }).waitFor()
  await page.getByRole('link', { name: 'All documents and uploads' }).click()
  await page.getByRole('row', { name: /handbook Stored/ }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('link', { name: 'Failed' }).click()
  await page.getByRole('row', { name: /handbook/ }).waitFor({ state: 'detached' })
  await page.getByRole('row', { name: /broken/ }).waitFor()
  expect(platform.faults).toEqual([])
  const sales = await world.signedIn('sales')
  expect((await sales.go('/console/tenants/library')).text).not.toContain('handbook')
  expect((await sales.go('/console/tenants/library/documents')).status).toBe(403)
  expect((await world.ask('/tenants/nobody/documents')).status).toBe(404)
})
