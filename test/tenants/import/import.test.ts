import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sheet, xlsx } from '../../ingest/make-office.ts'
import { expectStatus } from '../../support/expect-status.ts'
import { bagOfWords } from '../../support/hash-embedder.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

let world: ServiceWorld
let replica: ServiceReplica
let other: ServiceReplica
let as: Record<'platform' | 'sales' | 'auditor', string>

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  other = await world.replica()
  const staff = (role: string) => world.issuer.staff(role)
  as = { platform: await staff('platform'), sales: await staff('sales'), auditor: await staff('auditor') }
})
afterAll(() => world[Symbol.asyncDispose]())

const ask = (who: keyof typeof as, method: string, path: string, body?: unknown, to = replica) =>
  to.admin({ method, path, authorization: as[who], body })

const preview = async (text: string, who: keyof typeof as = 'sales', columns = {}): Promise<Answer['json']> =>
  expectStatus(await ask(who, 'POST', '/tenants/import?dryRun=true', { text, columns }), 200).json

const tenantOf = async (id: string) => (await ask('auditor', 'GET', `/tenants/${id}`)).json
const isActive = (id: string) =>
  expect.poll(async () => (await tenantOf(id)).status, { timeout: 60_000 }).toBe('active')

let turn = 0
/** Ids of this test alone. */
let id: (name: string) => string
beforeEach(() => {
  turn += 1
  const mine = `t${turn}`
  id = (name) => `${mine}-${name}`
})

describe('the diff', () => {
  test('says row by row what is new, what changes, what is the same, and what is refused and why', async () => {
    await world.onboard(replica, id('old'), { attributes: { crmId: id('crm-old'), owner: 'Ann' } })
    await world.onboard(replica, id('calm'))
    const table = [
      'Tenant ID,Name,Tier,CRM ID,Owner,Shoe size',
      `${id('new')},New Ltd,Enterprise,${id('crm-new')},Bob,44`,
      `${id('old')},${id('old')},enterprise,${id('crm-old')},Cid,`,
      `${id('calm')},${id('calm')},standard,,,`,
      `${id('gold')},Gold,gold,,,`,
      'a b,Space,,,,',
      `${id('nameless')},,,,,`,
      `${id('twice')},One,,,,`,
      `${id('twice')},Two,,,,`,
      `${id('thief')},Thief,,${id('crm-old')},,`,
      `,By CRM id,,${id('nobody')},,`,
    ].join('\n')
    const shown = await preview(table)
    expect(shown.counts).toEqual({ new: 1, changed: 1, same: 1, refused: 7, conflict: 0 })
    expect(shown.columns).toEqual([
      { header: 'Tenant ID', field: 'id' },
      { header: 'Name', field: 'name' },
      { header: 'Tier', field: 'tier' },
      { header: 'CRM ID', field: 'attributes.crmId' },
      { header: 'Owner', field: 'attributes.owner' },
      { header: 'Shoe size', field: null },
    ])
    const rows = Object.fromEntries(shown.rows.map((row: { line: number }) => [row.line, row]))
    expect(rows[2]).toMatchObject({
      kind: 'new',
      tenantId: id('new'),
      changes: { name: { from: null, to: 'New Ltd' }, tier: { from: null, to: 'enterprise' } },
    })
    expect(rows[3]).toMatchObject({
      kind: 'changed',
      changes: { tier: { from: 'standard', to: 'enterprise' }, 'attributes.owner': { from: 'Ann', to: 'Cid' } },
    })
    expect(rows[4]).toMatchObject({ kind: 'same', changes: {} })
    expect(rows[5]?.reason).toContain('must be standard or enterprise')
    expect(rows[6]?.reason).toContain('1 to 64')
    expect(rows[7]?.reason).toContain('needs a name')
    expect([rows[8]?.reason, rows[9]?.reason]).toEqual([
      expect.stringContaining('line 9'),
      expect.stringContaining('line 8'),
    ])
    expect(rows[10]?.reason).toContain(`that of tenant ${id('old')}`)
    expect(rows[11]?.reason).toContain('No tenant has the CRM id')
    expectStatus(await ask('auditor', 'GET', `/tenants/${id('new')}`), 404)
    expect(await tenantOf(id('old'))).toMatchObject({ tier: 'standard', attributes: { owner: 'Ann' } })
  })

  test('is the same of a form with a workbook, and columns are what the caller says', async () => {
    await world.onboard(replica, id('a'), { attributes: { crmId: id('crm') } })
    const form = new FormData()
    const book = xlsx({ Accounts: sheet(['Konto', 'Stufe'], [id('crm'), 'enterprise']) })
    form.append('file', new Blob([new Uint8Array(book)]), 'accounts.xlsx')
    form.append('columns', JSON.stringify({ Konto: 'attributes.crmId', Stufe: 'tier' }))
    const { adminApp } = replica.services
    const answer = await adminApp.request('/tenants/import?dryRun=true', {
      method: 'POST',
      headers: { authorization: as.sales },
      body: form,
    })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      file: 'accounts.xlsx',
      rows: [{ kind: 'changed', tenantId: id('a'), changes: { tier: { from: 'standard', to: 'enterprise' } } }],
    })
  })

  test.each([
    ['name,tier\nA,standard', {}, 'which tenant a row is of'],
    ['id,ID\na,a', {}, 'are both id'],
    ['id', {}, 'a row below it'],
    ['id,x\na,b', { x: 'limits' }, "can't be"],
    ['id,x\na,b', { y: 'name' }, 'no column'],
  ])('of %j is refused', async (text, columns, words) => {
    const answer = await ask('sales', 'POST', '/tenants/import?dryRun=true', { text, columns })
    expectStatus(answer, 400)
    expect(answer.text).toContain(words)
  })
})

test('a preview is applied as a whole, with an audit row each, and every replica knows the tags', async () => {
  await world.onboard(replica, id('old'), { attributes: { seat: 12 } })
  const token = await world.issuer.tenant(id('old'))
  const body = { vector: bagOfWords('apple'), topK: 1 }
  const tierAt = async (to: ServiceReplica) =>
    (await to.public({ path: '/retrieve', authorization: token, body })).json.route.tier
  expect([await tierAt(replica), await tierAt(other)]).toEqual(['standard', 'standard'])
  const { id: importId } = await preview(
    `id,name,tier,owner\n${id('old')},Old Ltd,enterprise,Ann\n${id('new')},New Ltd,enterprise,Bob\n`,
  )
  const applied = await ask('sales', 'POST', `/imports/${importId}/apply`)
  expect(applied).toMatchObject({ status: 200, json: { state: 'applied', undoUntil: expect.any(String) } })
  expect(await tenantOf(id('old'))).toMatchObject({
    name: 'Old Ltd',
    tier: 'enterprise',
    attributes: { seat: 12, owner: 'Ann' },
    awaitingPromotion: true,
  })
  await expect.poll(() => tierAt(other), { timeout: 60_000 }).toBe('enterprise')
  await isActive(id('new'))
  expect(await tenantOf(id('new'))).toMatchObject({
    name: 'New Ltd',
    attributes: { owner: 'Bob' },
    placement: { kind: 'pool' },
    awaitingPromotion: true,
  })
  const { items } = (await ask('auditor', 'GET', `/audit?tenantId=${id('old')}`)).json
  expect(items[0]).toMatchObject({
    action: 'tenant.tag',
    actor: 'sales-person',
    roles: ['sales'],
    detail: { import: importId },
    before: { name: id('old'), tier: 'standard', attributes: { seat: 12 } },
    after: { name: 'Old Ltd', tier: 'enterprise', attributes: { seat: 12, owner: 'Ann' } },
  })
  const again = await ask('sales', 'POST', `/imports/${importId}/apply`)
  expect(again.json).toEqual(applied.json)
  const { items: later } = (await ask('auditor', 'GET', `/audit?tenantId=${id('old')}`)).json
  expect(later).toHaveLength(items.length)
})

test('a refused row stops all of them, unless it is left out', async () => {
  await world.onboard(replica, id('a'))
  const text = `id,name,tier\n${id('a')},${id('a')},enterprise\n${id('b')},,\n`
  const whole = await ask('sales', 'POST', '/tenants/import', { text })
  expect(whole).toMatchObject({ status: 409, json: { code: 'conflict' } })
  const { id: importId } = await preview(text)
  expectStatus(await ask('sales', 'POST', `/imports/${importId}/apply`), 409)
  expect((await tenantOf(id('a'))).tier).toBe('standard')
  expectStatus(await ask('sales', 'POST', `/imports/${importId}/apply?leaveOutRefused=true`), 200)
  expect((await tenantOf(id('a'))).tier).toBe('enterprise')
})

test('what a colleague changed after the preview is shown, and nothing is written over it', async () => {
  await world.onboard(replica, id('a'), { attributes: { owner: 'Ann' } })
  await world.onboard(replica, id('b'))
  const text = `id,name,tier,owner\n${id('a')},${id('a')},,Bob\n${id('b')},${id('b')},enterprise,\n${id('c')},C,,\n`
  const { id: importId } = await preview(text)
  expectStatus(await ask('sales', 'PATCH', `/tenants/${id('a')}`, { attributes: { owner: 'Cid' } }, other), 200)
  await world.onboard(other, id('c'))
  const applied = await ask('sales', 'POST', `/imports/${importId}/apply`)
  expect(applied).toMatchObject({ status: 409, json: { code: 'conflict', detail: expect.stringContaining('2 rows') } })
  const { json } = await ask('sales', 'GET', `/imports/${importId}/rows?kind=conflict`)
  expect(json.items.map(({ line, reason }: { line: number; reason: string }) => [line, reason])).toEqual([
    [2, 'attributes.owner is "Cid" by now, and was "Ann".'],
    [4, 'The tenant exists by now.'],
  ])
  expect(await tenantOf(id('a'))).toMatchObject({ attributes: { owner: 'Cid' } })
  expect((await tenantOf(id('b'))).tier).toBe('standard')
  const { id: second, counts } = await preview(text)
  expect(counts).toMatchObject({ changed: 3, conflict: 0 })
  expectStatus(await ask('sales', 'POST', `/imports/${second}/apply`), 200)
  expect(await tenantOf(id('a'))).toMatchObject({ attributes: { owner: 'Bob' } })
})

test('sales imports its own attributes; others are the platform team’s, whoever made the preview', async () => {
  await world.onboard(replica, id('a'))
  const text = `id,attributes.seats\n${id('a')},12\n`
  expect((await preview(text)).rows[0]).toMatchObject({ kind: 'refused', reason: expect.stringContaining('seats') })
  const { id: importId } = await preview(text, 'platform')
  expect(await ask('sales', 'POST', `/imports/${importId}/apply`)).toMatchObject({ status: 403 })
  expect((await tenantOf(id('a'))).attributes).toEqual({})
  expectStatus(await ask('platform', 'POST', `/imports/${importId}/apply`), 200)
  expect((await tenantOf(id('a'))).attributes).toEqual({ seats: '12' })
})

describe('undo', () => {
  test('gives tenants their former fields, and takes back those that it made', async () => {
    await world.onboard(replica, id('a'), { attributes: { owner: 'Ann' } })
    const text = `id,name,tier,owner,contract\n${id('a')},A Ltd,enterprise,Bob,C-1\n${id('b')},B,,,\n`
    const { json } = expectStatus(await ask('sales', 'POST', '/tenants/import', { text }), 200)
    await isActive(id('b'))
    const undone = await ask('sales', 'POST', `/imports/${json.id}/undo`, undefined, other)
    expect(undone).toMatchObject({ status: 200, json: { state: 'undone', undoUntil: null } })
    expect(await tenantOf(id('a'))).toMatchObject({
      name: id('a'),
      tier: 'standard',
      attributes: { owner: 'Ann' },
    })
    expect((await tenantOf(id('a'))).attributes).not.toHaveProperty('contract')
    await expect.poll(async () => (await tenantOf(id('b'))).status, { timeout: 60_000 }).toBe('offboarded')
    expect((await ask('sales', 'POST', `/imports/${json.id}/undo`)).json).toEqual(undone.json)
    expectStatus(await ask('sales', 'POST', `/imports/${json.id}/apply`), 409)
  })

  test('suspends a tenant that it made and that has content by then, with all that it has', async () => {
    const { json } = expectStatus(
      await ask('sales', 'POST', '/tenants/import', { text: `id,name\n${id('a')},A\n` }),
      200,
    )
    await isActive(id('a'))
    const authorization = await world.issuer.tenant(id('a'))
    const vectors = [{ id: 'one', values: bagOfWords('apple'), metadata: {} }]
    expectStatus(await replica.public({ path: '/vectors/upsert', authorization, body: { vectors } }), 200)
    await expect
      .poll(
        async () =>
          (await replica.public({ path: '/vectors/fetch', authorization, body: { ids: ['one'] } })).json.vectors.one
            ?.id,
        { timeout: 60_000 },
      )
      .toBe('one')
    expectStatus(await ask('sales', 'POST', `/imports/${json.id}/undo`), 200)
    await expect.poll(async () => (await tenantOf(id('a'))).status, { timeout: 60_000 }).toBe('suspended')
    expectStatus(await ask('platform', 'POST', `/tenants/${id('a')}/resume`), 200)
    const fetched = () => replica.public({ path: '/vectors/fetch', authorization, body: { ids: ['one'] } })
    await expect.poll(async () => (await fetched()).status, { timeout: 60_000 }).toBe(200)
    expect((await fetched()).json.vectors.one.id).toBe('one')
  })

  test('is refused, and undoes nothing, when a colleague changed one of the tenants since', async () => {
    await world.onboard(replica, id('a'))
    await world.onboard(replica, id('b'))
    const text = `id,tier\n${id('a')},enterprise\n${id('b')},enterprise\n`
    const { json } = expectStatus(await ask('sales', 'POST', '/tenants/import', { text }), 200)
    expectStatus(await ask('platform', 'PATCH', `/tenants/${id('b')}`, { tier: 'standard' }), 200)
    expect(await ask('sales', 'POST', `/imports/${json.id}/undo`)).toMatchObject({ status: 409 })
    expect((await tenantOf(id('a'))).tier).toBe('enterprise')
    expect((await ask('sales', 'GET', `/imports/${json.id}/rows?kind=conflict`)).json.items).toMatchObject([
      { line: 3, reason: expect.stringContaining('tier is "standard" by now') },
    ])
  })

  test('ends after 15 minutes', async () => {
    await world.onboard(replica, id('a'))
    const { json } = expectStatus(
      await ask('sales', 'POST', '/tenants/import', { text: `id,tier\n${id('a')},enterprise\n` }),
      200,
    )
    await world.home.sql`update imports set applied_at = now() - interval '15 minutes 1 second' where id = ${json.id}`
    expect((await ask('sales', 'GET', `/imports/${json.id}`)).json.undoUntil).toBeNull()
    const late = await ask('sales', 'POST', `/imports/${json.id}/undo`)
    expect(late).toMatchObject({ status: 409, json: { detail: expect.stringContaining('15 minutes') } })
    expect((await tenantOf(id('a'))).tier).toBe('enterprise')
  })
})

test('ten thousand rows are previewed, applied and undone', async () => {
  const names = Array.from({ length: 10_000 }, (_, n) => `many-${n}`)
  await world.home.sql`
    insert into tenants (id, name, tier, status) select id, id, 'standard', 'suspended' from unnest(${names}::text[]) as t (id)`
  const text = ['id,tier,owner', ...names.map((name) => `${name},enterprise,Ann`)].join('\n')
  const { id: importId, counts, rows, leftOff } = await preview(text)
  expect([counts.changed, rows.length, leftOff]).toEqual([10_000, 1_000, 9_000])
  expectStatus(await ask('sales', 'POST', `/imports/${importId}/apply`), 200)
  const tagged = async () => {
    const [row] = await world.home.sql<{ n: number }[]>`
      select count(*)::int as n from tenants where id like 'many-%' and tier = 'enterprise' and attributes ->> 'owner' = 'Ann'`
    return row?.n
  }
  expect(await tagged()).toBe(10_000)
  expectStatus(await ask('sales', 'POST', `/imports/${importId}/undo`), 200)
  expect(await tagged()).toBe(0)
  const [deeds] = await world.home.sql<{ n: number }[]>`
    select count(*)::int as n from audit where action = 'tenant.tag' and tenant_id like 'many-%'`
  expect(deeds?.n).toBe(20_000)
})

test('an auditor sees imports and makes none', async () => {
  const { id: importId } = await preview(`id,name\n${id('a')},A\n`)
  expectStatus(await ask('auditor', 'POST', '/tenants/import', { text: 'id\na' }), 403)
  expectStatus(await ask('auditor', 'POST', `/imports/${importId}/apply`), 403)
  expectStatus(await ask('auditor', 'POST', `/imports/${importId}/undo`), 403)
  const { json } = expectStatus(await ask('auditor', 'GET', '/imports?limit=1'), 200)
  expect(json).toMatchObject({ items: [{ id: importId, state: 'previewed' }], nextCursor: expect.any(String) })
  const next = await ask('auditor', 'GET', `/imports?limit=1&cursor=${json.nextCursor}`)
  expect(next.json.items[0].id).not.toBe(importId)
})
