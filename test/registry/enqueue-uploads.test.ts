import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TenantId } from '../../src/placement/tenant-id.ts'
import { enqueueUploads, type NewUpload } from '../../src/registry/uploads/enqueue-uploads.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { seedTenant } from '../support/seed.ts'

let home: TestDatabase
let tenantId: TenantId

beforeAll(async () => {
  home = await testDatabase()
  tenantId = await seedTenant(home)
})
afterAll(() => home[Symbol.asyncDispose]())

const upload = (documentId: string): NewUpload => ({
  documentId,
  contentHash: documentId,
  kind: 'file',
  bytes: Buffer.from(documentId),
  name: null,
  contentType: null,
  source: null,
  metadata: {},
  visibility: null,
  chunking: null,
})

test('who sends nothing but broken files has no more failed uploads than may wait, the last ones', async () => {
  const bounds = { bytesMax: 1_000, uploadsMax: 3 }
  for (let no = 0; no < 8; no += 1) {
    expect(await enqueueUploads(home.db, tenantId, 1, [upload(`broken-${no}`)], bounds)).toMatchObject([
      { kind: 'queued' },
    ])
    await home.sql`update uploads set status = 'failed', updated_at = now() where document_id = ${`broken-${no}`}`
  }
  await enqueueUploads(home.db, tenantId, 1, [upload('good')], bounds)
  const left = await home.sql`select document_id from uploads order by document_id`
  expect(left.map((row) => row.document_id)).toEqual(['broken-5', 'broken-6', 'broken-7', 'good'])
})
