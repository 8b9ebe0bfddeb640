import { expect, test } from 'vitest'
import { ServiceWorld } from '../support/service-world.ts'
import { until } from './ingest-world.ts'
import { docx, docxBomb, lockedDocx, paragraph, pdf } from './make-files.ts'

test('real files are found by their text, each chunk by its page, and hostile ones beside them fail alone', async () => {
  await using world = await ServiceWorld.open()
  const replica = await world.replica()
  const acme = await world.onboard(replica, 'acme')
  const paper = await pdf((doc) => {
    doc.text('Herons stand in shallow water.').addPage().text('Otters swim in deep water.')
  })
  const files: Readonly<Record<string, Uint8Array>> = {
    bomb: docxBomb(129, 'truth'),
    paper,
    locked: lockedDocx(),
    letter: docx(paragraph('Basalt is a black stone.')),
  }
  const documents = Object.entries(files).map(([documentId, bytes]) => ({
    documentId,
    contentBase64: Buffer.from(bytes).toString('base64'),
  }))
  const sent = await replica.public({ path: '/documents/batch', authorization: acme, body: { documents } })
  expect(sent.json).toMatchObject({ accepted: 4, refused: 0 })
  for (const id of ['paper', 'letter']) await until(replica, acme, id, 'ready')
  for (const id of ['bomb', 'locked']) {
    const { reason } = await until(replica, acme, id, 'failed')
    expect(reason).toMatchObject({ code: 'unreadable_document', detail: expect.stringMatching(/\w+/) })
  }
  const body = { query: 'Herons Otters Basalt water stone', topK: 100 }
  const found = await replica.public({ path: '/retrieve', authorization: acme, body })
  for (const words of ['Herons stand', 'Otters swim', 'Basalt is']) expect(found.text).toContain(words)
  const pages = found.json.matches
    .filter((match: { documentId: string }) => match.documentId === 'paper')
    .map((match: { position?: { page?: number } }) => match.position?.page)
  expect(pages).toContain(1)
}, 180_000)
