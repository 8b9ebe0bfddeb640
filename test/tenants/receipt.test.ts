import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verifyDeletionReceipt } from '../../src/evidence/deletion-receipt.ts'
import { makeSigningKey, readSigningKey } from '../../src/evidence/signing-key.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { recheckDeletions } from '../../src/tenants/offboard/recheck-deletions.ts'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

let folder: string
let two: TwoReplicas
let platform: string
const key = makeSigningKey()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-receipt-'))
  await writeFile(join(folder, 'key.pem'), key)
  two = await TwoReplicas.open({ SIGNING_KEY_FILE: join(folder, 'key.pem'), STORE_VISIBLE_S: '1' })
  platform = await two.service.issuer.staff('platform')
})
afterEach(async () => {
  await two[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const admin = (method: string, path: string, to: 'a' | 'b' = 'a') =>
  two.replicas[to].admin({ method, path, authorization: platform })
const untilOffboarded = () =>
  expect
    .poll(async () => (await admin('GET', '/tenants/acme', 'b')).json.status, { timeout: 60_000 })
    .toBe('offboarded')
const store = (receipt: { stores: { store: string; before: number; after: number }[] }, name: RegExp) =>
  receipt.stores.find((one) => name.test(one.store))

test('a receipt counts every store before and after, is signed, and stays the same', async () => {
  await two.upsert('a', 'one', {})
  await two.upsert('b', 'two', {})
  await two.done('a', '/documents/returns', { text: 'Within 30 days.' }, 'PUT')
  const made = await two.replicas.a.admin({
    path: '/tenants/acme/keys',
    authorization: platform,
    body: { name: 'app' },
  })
  expectStatus(made, 201)
  await two.settled('a', ['one', 'two'])
  expectStatus(await admin('DELETE', '/tenants/acme'), 202)
  await untilOffboarded()
  const { json: signed } = expectStatus(await admin('GET', '/tenants/acme/receipt', 'b'), 200)
  const { receipt } = signed
  expect(receipt).toMatchObject({ tenantId: 'acme', life: 1, requestedBy: 'platform-person', documents: 1 })
  expect(store(receipt, /^records in the shared index/)).toMatchObject({ before: 3, after: 0 })
  expect(store(receipt, /^documents$/)).toMatchObject({ before: 1, after: 0 })
  expect(store(receipt, /^keys/)).toMatchObject({ before: 1, after: 0 })
  expect(receipt.proof.join(' ')).toContain('A listing of the namespaces')
  expect(receipt.notCovered.map((one: { what: string }) => one.what).join(' ')).toContain('Backups of the vector store')
  expect(verifyDeletionReceipt(signed, [readSigningKey(key)])).toEqual([])
  expect(
    verifyDeletionReceipt({ ...signed, receipt: { ...receipt, documents: 0 } }, [readSigningKey(key)]),
  ).toHaveLength(2)
  const [deed] = (await admin('GET', '/audit?tenantId=acme&action=tenant.offboarded')).json.items
  expect(deed.detail.hash).toBe(signed.hash)
  expectStatus(await admin('DELETE', '/tenants/acme', 'b'), 202)
  expect((await admin('GET', '/tenants/acme/receipt')).json).toEqual(signed)
  // A later customer of the id is not the one that the receipt is about.
  await two.service.onboard(two.replicas.a, 'acme', { name: 'Another Acme' })
  expect((await admin('GET', '/tenants/acme/receipt')).json).toEqual(signed)
  expect((await admin('GET', '/tenants/acme')).json).not.toHaveProperty('deletionReceipt')
})

test('a crash between two deletions keeps the counts of before', async () => {
  await two.upsert('a', 'one', {})
  await two.settled('a', ['one'])
  const held = Promise.withResolvers<void>()
  let calls = 0
  two.stores.a.after('deleteNamespace', () => {
    calls += 1
    if (calls === 1) held.resolve()
    throw new Error('the replica dies here')
  })
  expectStatus(await admin('DELETE', '/tenants/acme'), 202)
  await held.promise
  // The other replica takes it up, and finds the namespace gone.
  await two.replicas.a.services.tenantWork.settled()
  two.stores.a.after('deleteNamespace', undefined)
  expectStatus(await admin('DELETE', '/tenants/acme', 'b'), 202)
  await untilOffboarded()
  const { receipt } = (await admin('GET', '/tenants/acme/receipt')).json
  expect(store(receipt, /^records in the shared index/)).toMatchObject({ before: 1, after: 0 })
})

test('a day later the deletion is looked at again: what came back is found, deleted and noted', async () => {
  const { sql } = two.service.home
  await two.upsert('a', 'one', {})
  await two.settled('a', ['one'])
  const place = two.stores.a.open((await two.replicas.a.services.routes.find(acme)).routing.active)
  expectStatus(await admin('DELETE', '/tenants/acme'), 202)
  await untilOffboarded()
  const work = two.replicas.b.services.tenantWork
  expect(await recheckDeletions(work)).toEqual({ done: 0, failed: 0 })
  await place.upsert([{ id: 'late', values: bagOfWords('late'), metadata: {} }])
  await expect.poll(async () => (await place.describeNamespace())?.recordCount, { timeout: 60_000 }).toBe(1)
  await sql`update offboardings set recheck_at = now()`
  await recheckDeletions(work)
  expect(await place.describeNamespace()).toBeUndefined()
  const first = (await admin('GET', '/tenants/acme/receipt')).json
  expect(first.rechecks).toEqual([{ at: expect.any(String), found: [expect.stringContaining('tenant_acme_g1')] }])
  expect(first.recheckAt).not.toBeNull()
  await sql`update offboardings set recheck_at = now()`
  await recheckDeletions(work)
  const second = (await admin('GET', '/tenants/acme/receipt')).json
  expect([second.rechecks.at(-1).found, second.recheckAt]).toEqual([[], null])
  // After a restore of the registry every deletion is looked at again.
  await sql`insert into restores (restored_at) values (now())`
  await recheckDeletions(work)
  expect((await admin('GET', '/tenants/acme/receipt')).json.rechecks).toHaveLength(3)
  expect(await recheckDeletions(work)).toEqual({ done: 0, failed: 0 })
})

const acme = parseTenantId('acme')
