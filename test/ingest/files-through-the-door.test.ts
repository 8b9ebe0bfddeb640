import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import { hashEmbedder } from '../support/hash-embedder.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { docx, docxBomb, lockedDocx, longPdf, paragraph, pdf, pdfBomb } from './make-files.ts'

let world: ServiceWorld
let replica: ServiceReplica
let acme: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  const extractor = startExtractor({ readers: 1, memoryMb: 400, unpackedBytes: 8 * 1024 * 1024 })
  replica = await world.replica({}, { embedder: hashEmbedder(), ingest: { extractor, pollMs: 100 } })
  acme = await world.onboard(replica, 'acme')
}, 120_000)
afterAll(() => world[Symbol.asyncDispose]())

async function upload(documentId: string, bytes: Uint8Array, name: string): Promise<void> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)]), name)
  form.append('documentId', documentId)
  const headers = { authorization: acme }
  const { status } = await replica.services.publicApp.request('/documents', { method: 'POST', headers, body: form })
  expect(status).toBe(202)
}

async function ended(documentId: string) {
  return vi.waitFor(
    async () => {
      const { json } = await replica.public({ path: `/documents/${documentId}`, authorization: acme })
      expect(['ready', 'failed']).toContain(json?.status)
      return json
    },
    { timeout: 200_000, interval: 100 },
  )
}

test('good files are found with page and heading, hostile ones say what is wrong, and none harms another', async () => {
  const handbook = await pdf((doc) => {
    doc.fontSize(24).text('Bikes').fontSize(12).moveDown().text('Bicycles roll on wheels.')
    doc.addPage().fontSize(24).text('Brakes').fontSize(12).moveDown().text('Pedals never stop anything.')
  })
  const good = {
    handbook: [handbook, 'handbook.pdf'],
    letter: [docx(paragraph('Terms', 'H1') + paragraph('Payment comes within a month.')), 'letter.docx'],
    page: [Buffer.from('<!doctype html><nav>Menu</nav><h1>Hours</h1><p>Sundays are closed.</p>'), 'page.html'],
    note: [Buffer.from('# Keys\n\nLockers open with a coin.'), 'note.md'],
  } as const
  const hostile = {
    'pdf-bomb': [pdfBomb(4_000), /400 MB of memory/],
    'long-pdf': [longPdf(5_000), /5000 pages/],
    'locked-pdf': [await pdf((doc) => doc.text('x'), { userPassword: 'secret', pdfVersion: '1.7' }), /encrypted/],
    scan: [await pdf((doc) => void doc.rect(0, 0, 9, 9).fill()), /may be a scan/],
    'docx-bomb': [docxBomb(16, 'truth'), /unpacks to more than/],
    'locked-docx': [lockedDocx(), /encrypted/],
    'broken-pdf': [Buffer.from('%PDF-1.7 and no more'), /broken/],
    picture: [Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'), /PNG/],
  } as const
  for (const [id, [bytes]] of Object.entries(hostile)) await upload(id, bytes, `${id}.pdf`)
  for (const [id, [bytes, name]] of Object.entries(good)) await upload(id, bytes, name)
  for (const id of Object.keys(good)) expect(await ended(id)).toMatchObject({ status: 'ready' })
  for (const [id, [, words]] of Object.entries(hostile)) {
    const reason = { code: 'unreadable_document', detail: expect.stringMatching(words) }
    expect(await ended(id)).toMatchObject({ status: 'failed', attempts: 1, reason })
  }

  const found = async (query: string) => {
    const headers = { 'cache-control': 'no-cache' }
    const body = { query, topK: 1 }
    const { json } = await replica.public({ path: '/retrieve', authorization: acme, headers, body })
    return json.matches[0]
  }
  expect(await found('pedals')).toMatchObject({
    documentId: 'handbook',
    text: 'Brakes\n\nPedals never stop anything.',
    metadata: {},
    position: { page: 2, heading: 'Brakes', start: expect.any(Number), end: expect.any(Number) },
  })
  expect(await found('payment')).toMatchObject({ documentId: 'letter', position: { heading: 'Terms' } })
  expect(await found('sundays')).toMatchObject({ documentId: 'page', text: 'Hours\n\nSundays are closed.' })
  expect(await found('lockers')).toMatchObject({ documentId: 'note' })
})
