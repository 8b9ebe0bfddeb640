import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { InventoryWorld } from './inventory-world.ts'

let at: InventoryWorld
beforeAll(async () => {
  at = await InventoryWorld.open()
})
afterAll(() => at[Symbol.asyncDispose]())

test('documents by a field are listed, replaced and deleted; what names none is counted', async () => {
  await at.tenant('fields', [
    { id: 'x1', metadata: { doc: 'a', source: 'a.md' } },
    { id: 'x2', metadata: { doc: 'a' } },
    { id: 'x3', metadata: { doc: 'b', source: 'b\0.md' } },
    { id: 'x4', metadata: { doc: 7 } },
    { id: 'x5' },
    { id: 'x6', metadata: { doc: 'no / id' } },
    { id: '_tr_theirs', metadata: { doc: 'b' } },
    { id: 'x7', metadata: { doc: 'b', _trail: 'wood' } },
    { id: 'x8', metadata: { doc: 'veiled', visibility: ['h\0r'] } },
  ])
  expect(await at.built('fields', { documentField: 'doc' })).toMatchObject({
    state: 'ready',
    records: 9,
    documents: 4,
    unnamed: 1,
    unusable: 1,
    reserved: 2,
    reservedExamples: [
      { id: '_tr_theirs', key: null },
      { id: 'x7', key: '_trail' },
    ],
    changed: 0,
    changedAt: null,
  })
  for (const replica of at.world.replicas) {
    expect(await at.list('fields', replica)).toEqual([
      ['7', 1, 'app'],
      ['a', 2, 'app'],
      ['b', 3, 'app'],
    ])
  }
  expect((await at.request('fields', 'GET', '/documents/a')).json).toMatchObject({ source: 'a.md', status: 'app' })
  const put = await at.request('fields', 'PUT', '/documents/a', { text: 'a new lamp' }, at.world.replicas[1])
  expect(put.json).toMatchObject({ status: 'updated', chunks: 1 })
  await expect
    .poll(() => at.stored('fields'))
    .toEqual(['_tr_doc_a#0', '_tr_theirs', 'x3', 'x4', 'x5', 'x6', 'x7', 'x8'])
  expectStatus(await at.request('fields', 'DELETE', '/documents/7'), 204)
  expectStatus(await at.request('fields', 'DELETE', '/documents/b', undefined, at.world.replicas[1]), 204)
  await expect.poll(() => at.stored('fields')).toEqual(['_tr_doc_a#0', 'x5', 'x6', 'x8'])
  expect(await at.list('fields')).toEqual([['a', 1, 'ready']])
  expectStatus(await at.request('fields', 'DELETE', '/documents/b'), 404)
})

test('an app goes on writing ids with #; its document is changed until a PUT takes it over', async () => {
  await at.tenant('chunks', [{ id: 'a#0' }, { id: 'a#1' }, { id: 'ab#0' }, { id: 'lone' }])
  const rule = { idPattern: '{document}#{chunk}' }
  expect(await at.built('chunks', rule)).toMatchObject({ records: 4, documents: 2, unnamed: 1 })
  const vectors = [{ id: 'a#2', values: bagOfWords('bell'), metadata: { text: 'more' } }]
  expectStatus(await at.request('chunks', 'POST', '/vectors/upsert', { vectors }, at.world.replicas[1]), 200)
  expectStatus(await at.request('chunks', 'POST', '/vectors/delete', { ids: ['a#1'] }), 200)
  await expect
    .poll(() => at.list('chunks'))
    .toEqual([
      ['a', 2, 'changed'],
      ['ab', 1, 'app'],
    ])
  await expect.poll(() => at.stored('chunks')).toEqual(['a#0', 'a#2', 'ab#0', 'lone'])
  const put = () => at.request('chunks', 'PUT', '/documents/a', { text: 'ours now' })
  expect((await put()).json).toMatchObject({ status: 'updated' })
  await expect.poll(() => at.stored('chunks')).toEqual(['_tr_doc_a#0', 'ab#0', 'lone'])
  expect(await at.list('chunks')).toEqual([
    ['a', 1, 'ready'],
    ['ab', 1, 'app'],
  ])
  // The app writes under the same name again: both are there, until the same PUT takes it over once more.
  expectStatus(await at.request('chunks', 'POST', '/vectors/upsert', { vectors }), 200)
  await expect.poll(() => at.list('chunks')).toContainEqual(['a', 1, 'changed'])
  expectStatus(await put(), 200)
  await expect.poll(() => at.stored('chunks')).toEqual(['_tr_doc_a#0', 'ab#0', 'lone'])
  expect(await at.list('chunks')).toContainEqual(['a', 1, 'ready'])
})

test('a write by id alone marks its document where a field names it; of a record that is not there none is known', async () => {
  await at.tenant('marks', [
    { id: 'x1', metadata: { doc: 'a' } },
    { id: 'x2', metadata: { doc: 'a' } },
    { id: 'x3', metadata: { doc: 'b' } },
    { id: 'x4', metadata: { doc: 'c' } },
    { id: 'x5' },
  ])
  await at.built('marks', { documentField: 'doc' })
  const [, other] = at.world.replicas
  expectStatus(await at.request('marks', 'POST', '/vectors/delete', { ids: ['x1', 'x5'] }, other), 200)
  expectStatus(await at.request('marks', 'POST', '/vectors/update', { id: 'x3', setMetadata: { doc: 'd' } }), 200)
  await expect
    .poll(() => at.list('marks'))
    .toEqual([
      ['a', 2, 'changed'],
      ['b', 1, 'changed'],
      ['c', 1, 'app'],
      ['d', 0, 'changed'],
    ])
  expect(await at.show('marks')).toMatchObject({ changed: 3, changedAt: null })
  expectStatus(await at.request('marks', 'POST', '/vectors/delete', { ids: ['x4', 'nowhere'] }), 200)
  await expect.poll(async () => (await at.show('marks')).changedAt).not.toBeNull()
  expect(await at.list('marks')).toContainEqual(['c', 1, 'changed'])
})

test('the command line begins an inventory, shows how far it is, and says what is wrong', async () => {
  await at.tenant('cli', [{ id: 'a#0' }, { id: '_tr_mine#0' }])
  const [{ services }] = at.world.replicas
  const listener = at.world.service.stack.use(await listen(services.adminApp, { host: '127.0.0.1', port: 0 }))
  const env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: at.world.platform.replace('Bearer ', '') }
  const run = (...args: string[]) => runCli(['tenants', 'inventory', ...args], env)
  const both = await run('cli', '--id-pattern', '{document}', '--document-field', 'doc', '--yes')
  expect([both.code, both.err]).toEqual([2, expect.stringContaining('only one of --document-field and --id-pattern')])
  const begun = await run('cli', '--id-pattern', '{document}#{chunk}', '--yes')
  expect([begun.code, begun.err]).toEqual([0, expect.stringContaining('tenants inventory cli')])
  expect(begun.out).toMatch(/^state +building$/m)
  await at.ready('cli')
  const shown = await run('cli', '--json')
  expect(JSON.parse(shown.out)).toMatchObject({
    state: 'ready',
    documents: 1,
    reservedExamples: [{ id: '_tr_mine#0', key: null }],
  })
  const unknown = await run('nobody')
  expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining('No inventory of this tenant was begun')])
})

test('groups see the documents of which they see every record, and nobody else touches them', async () => {
  await at.tenant('groups', [
    { id: 'a#0', metadata: { visibility: ['hr', 'all'] } },
    { id: 'a#1', metadata: { visibility: ['hr'] } },
    { id: 'b#0' },
  ])
  await at.built('groups', { idPattern: '{document}#{chunk}' })
  const as = (groups: string[], method: string, path: string, body?: unknown) =>
    at.request('groups', method, path, body, at.world.replicas[1], { groups })
  const seen = async (groups: string[]) =>
    (await as(groups, 'GET', '/documents')).json.items.map((one: { documentId: string }) => one.documentId)
  expect(await seen(['hr'])).toEqual(['a', 'b'])
  expect(await seen(['all'])).toEqual(['b'])
  expectStatus(await as(['all'], 'DELETE', '/documents/a'), 404)
  expectStatus(await as(['all'], 'PUT', '/documents/a', { text: 'mine' }), 409)
  // A record that the inventory did not see, and that these groups don't see either, stays.
  const vectors = [{ id: 'a#2', values: bagOfWords('bell'), metadata: { visibility: ['board'] } }]
  await (await at.world.direct('docs', 'groups')).upsert({ records: vectors })
  await expect.poll(() => at.stored('groups')).toHaveLength(4)
  expectStatus(await as(['hr'], 'DELETE', '/documents/a'), 204)
  await expect.poll(() => at.stored('groups')).toEqual(['a#2', 'b#0'])
  // The visibility was read from another field: what it says now is not known, so groups see none.
  expectStatus(await at.world.admin('PUT', '/tenants/groups/fields', { visibility: 'team' }), 200)
  await expect.poll(() => seen(['hr'])).toEqual([])
})

test('what names no document is refused, and a field that no record has gives a count and no documents', async () => {
  await at.tenant('odd', [{ id: 'one' }, { id: 'two' }])
  for (const body of [
    {},
    { idPattern: 'x-{chunk}' },
    { idPattern: '{chunk}#{document}' },
    { idPattern: '{document}{chunk}' },
    { idPattern: '{document}', documentField: 'doc' },
  ]) {
    expectStatus(await at.world.admin('POST', '/tenants/odd/inventory', body), 400)
  }
  expectStatus(await at.world.admin('GET', '/tenants/odd/inventory'), 404)
  expectStatus(await at.world.admin('POST', '/tenants', { id: 'plain', name: 'Plain' }), 201)
  expectStatus(await at.world.admin('POST', '/tenants/plain/inventory', { documentField: 'doc' }), 404)
  expect(await at.built('odd', { documentField: 'nowhere' })).toMatchObject({ records: 2, documents: 0, unnamed: 2 })
  expect(await at.built('odd', { idPattern: '{document}' })).toMatchObject({ records: 2, documents: 2, unnamed: 0 })
})

test('an adoption is undone with its inventory, which is no write', async () => {
  await at.world.index('gone')
  await at.world.adopt('gone')
  await at.world.fill('gone', 'ns-undo', ['a bell'], { doc: 'a' })
  const all = { pattern: 'ns-{id}' }
  await expect.poll(async () => (await at.world.adoptTenants('gone', all, true)).json.counts.new).toBe(1)
  expectStatus(await at.world.adoptTenants('gone', all), 200)
  expect(await at.built('undo', { documentField: 'doc' })).toMatchObject({ documents: 1 })
  const undone = await at.world.admin('DELETE', '/indexes/gone/adopt')
  expect(undone.json).toMatchObject({ undone: 1, kept: [], forgotten: true })
  expectStatus(await at.world.admin('GET', '/tenants/undo/inventory'), 404)
})
