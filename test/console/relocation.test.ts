import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { localStores } from '../support/local-stores.ts'
import { seriousFaults } from './axe.ts'
import { openBrowser, seat } from './browser.ts'
import { ConsoleWorld } from './console-world.ts'

let world: ConsoleWorld
let browser: Browser

beforeAll(async () => {
  const second = await localStores()
  const folder = await temporaryFolder()
  const file = join(folder.path, 'projects.json')
  const entry = { name: 'second', apiKeyVariable: 'SECOND_KEY', controllerHost: second.local.url, cloud: 'aws' }
  await writeFile(file, JSON.stringify([{ ...entry, region: 'eu-west-1', indexLimit: 20, holds: ['pool', 'silo'] }]))
  world = await ConsoleWorld.open({ PINECONE_PROJECTS: file, SECOND_KEY: 'second-key' })
  world.service.stack.use(second)
  world.service.stack.use(folder)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

async function withRecord(id: string): Promise<void> {
  const authorization = await world.onboard(id)
  const body = { vectors: [{ id: 'a', values: bagOfWords('a') }] }
  expect((await world.replica.public({ path: '/vectors/upsert', authorization, body })).status).toBe(200)
}

test('the platform team chooses a region, sees the plan, and follows the move there', async () => {
  await withRecord('afar')
  await using platform = await seat(browser, world, 'platform')
  const { page } = platform
  await platform.go('/console/tenants/afar')
  await page.getByRole('link', { name: 'Move to another region or project…' }).click()
  await page.getByRole('button', { name: 'Show the plan' }).waitFor()
  expect(await page.getByLabel(/^Type/).count()).toBe(0)
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText('Choose a region, a project, or both.').waitFor()
  // Its records would stay where the project is not: the plan says by the form's own label what may be chosen.
  await page.getByLabel('Project').selectOption('second')
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByText(/does not serve\. Region: must be a region that it serves: eu-west-1\.$/).waitFor()
  await page.getByLabel('Region').selectOption('eu-west-1')
  await page.getByLabel('Project').selectOption('second')
  await page.getByRole('button', { name: 'Show the plan' }).click()
  // Nothing is shared there yet: the plan says how to open it, and offers no button.
  await page.getByText('It would be refused').waitFor()
  await page
    .getByText(/indexes add --region eu-west-1/)
    .first()
    .waitFor()
  expect(await page.getByLabel(/^Type/).count()).toBe(0)
  expect((await world.ask('/indexes', { project: 'second', region: 'eu-west-1' })).status).toBe(201)
  await page.reload()
  await page.getByText('Read out of the places', { exact: true }).waitFor()
  await page.getByText('eu-west-1, project second').waitFor()
  expect(await page.getByLabel('Region').inputValue()).toBe('eu-west-1')
  expect(await page.getByLabel('Project').inputValue()).toBe('second')
  expect(await seriousFaults(page)).toEqual([])
  await page.getByLabel(/^Type/).fill('afar')
  await page.getByRole('button', { name: 'Move to another region or project' }).click()
  await page.getByRole('heading', { name: 'afar to another location' }).waitFor()
  await page.getByText('It has moved').waitFor()
  await page.getByText('in us-east-1, project default').waitFor()
  await page.getByText('in eu-west-1, project second').waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('link', { name: 'afar' }).first().click()
  await page.getByRole('definition').getByText('eu-west-1', { exact: true }).waitFor()
  expect(platform.faults).toEqual([])
})

test('a region that no project serves is named as such, and so is the place where the tenant is', async () => {
  await withRecord('near')
  const platform = await world.signedIn('platform')
  const page = '/console/tenants/near/relocate'
  for (const [query, words] of [
    ['?project=second&region=mars-1', 'does not serve'],
    ['?region=us-east-1', 'already'],
    ['?project=third', 'No setting names a Pinecone project third'],
  ] as const) {
    const { status, text } = await platform.go(page + query)
    expect([status, text], query).toEqual([200, expect.stringContaining(words)])
    expect(text).not.toContain('Type <code>near</code>')
  }
  const form = [['_csrf', await platform.proof()] as const, ['typed', 'near'] as const]
  const unchosen = await platform.go(page, { form })
  expect([unchosen.status, unchosen.text]).toEqual([409, expect.stringContaining('needs a region to go to')])
  expect((await world.ask('/moves?tenantId=near')).json.items).toEqual([])
})

test('only the platform team is offered it, and sales follows the move without the words of places', async () => {
  await withRecord('far')
  await world.ask('/indexes', { project: 'second', region: 'eu-west-1' })
  const asked = await world.ask('/tenants/far/moves', { kind: 'relocate', region: 'eu-west-1' })
  expect(asked.status).toBe(202)
  await withRecord('still')
  for (const person of ['sales', 'auditor'] as const) {
    const visitor = await world.signedIn(person)
    expect((await visitor.go('/console/tenants/still')).text).not.toContain('another region')
    expect((await visitor.go('/console/tenants/still/relocate?region=eu-west-1')).status).toBe(403)
    const form = [
      ['_csrf', await visitor.proof()],
      ['typed', 'still'],
      ['region', 'eu-west-1'],
    ] as const
    expect((await visitor.go('/console/tenants/still/relocate', { form })).status).toBe(403)
  }
  const sales = await world.signedIn('sales')
  const { text } = await sales.go(`/console/moves/${asked.json.id}`)
  expect(text).toContain('to another location')
  expect(text.replaceAll(/<[^>]*>/g, ' ')).not.toMatch(/eu-west-1|us-east-1|project|index|shard|namespace|generation/i)
  expect((await world.ask('/moves?tenantId=still')).json.items).toEqual([])
})
