import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { seriousFaults } from './axe.ts'
import { openBrowser, seat } from './browser.ts'
import { ConsoleWorld } from './console-world.ts'

let world: ConsoleWorld
let browser: Browser

beforeAll(async () => {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'models.json')
  const small = { name: 'small', provider: 'openai', baseUrl: 'http://127.0.0.1:9/v1', dimension: 32, price: 0.02 }
  await writeFile(path, JSON.stringify([{ ...small, ends: '2999-01-31' }]))
  world = await ConsoleWorld.open({ EMBEDDING_MODELS: path }, { moreEmbedders: [hashEmbedder(32, 'small')] })
  world.service.stack.use(folder)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

async function withDocuments(id: string): Promise<void> {
  const authorization = await world.onboard(id)
  for (const [n, text] of ['a bike in winter', 'an apple in autumn'].entries()) {
    const ask = { method: 'PUT', path: `/documents/doc-${n}`, authorization, body: { text } }
    expect((await world.replica.public(ask)).status).toBe(201)
  }
}

test('the platform team chooses a model, sees the plan, and accepts a recall that nobody measured', async () => {
  await withDocuments('anew')
  expect((await world.ask('/indexes', { model: 'small' })).status).toBe(201)
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  await platform.go('/console/tenants/anew')
  await page.getByRole('link', { name: 'Change its embedding model…' }).click()
  await page.getByLabel('Model').selectOption('small')
  await page.getByLabel(/How much less it may find/).fill('0')
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText('Embedded anew by', { exact: true }).waitFor()
  await page.getByText('until it is measured to find 0.0 % less at most').waitFor()
  expect(await page.getByLabel('Model').inputValue()).toBe('small')
  expect(await seriousFaults(page)).toEqual([])
  await page.getByLabel(/^Type/).fill('anew')
  await page.getByRole('button', { name: 'Change its embedding model' }).click()
  await page.getByText(/recall@5 may be lower by 0 at most, and nobody has measured it yet/).waitFor()
  await page.getByText(/tenant-router eval --tenant anew --set FILE --move/).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('link', { name: 'Decide…' }).click()
  await page.getByRole('heading', { name: 'Switch all the same' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Accept it' }).click()
  await page.getByText('It has moved').waitFor()
  await page.getByRole('heading', { name: 'Embedding anew' }).waitFor()
  await page.getByText('small, before hash').waitFor()
  await page.getByText('small: 2 records').waitFor()
  await page.getByRole('link', { name: 'The whole report' }).click()
  await page.getByText('small: 2 records').waitFor()
  expect(platform.faults).toEqual([])
})

test('the own model is refused in the plan with the reason, and sales is offered none', async () => {
  await withDocuments('same')
  const platform = await world.signedIn('platform')
  const { text } = await platform.go('/console/tenants/same/reembed?model=hash')
  expect(text).toContain('are of the model hash already')
  expect(text).not.toContain('Type <code>same</code>')
  const sales = await world.signedIn('sales')
  expect((await sales.go('/console/tenants/same')).text).not.toContain('embedding model')
  expect((await sales.go('/console/tenants/same/reembed')).status).toBe(403)
})

test('the page of the shards says that a model ends', async () => {
  const auditor = await world.signedIn('auditor')
  await world.ask('/indexes', { model: 'small' })
  await withDocuments('ending')
  await world.ask('/tenants/ending/moves', { kind: 'reembed', model: 'small' })
  await expect
    .poll(async () => (await auditor.go('/console/shards')).text, { timeout: 60_000 })
    .toContain('small ends on 2999-01-31: ')
})
