import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadEnglishWords } from '../../src/models/english-words.ts'
import { startLocalEmbedder } from '../../src/models/local.ts'
import { loadSearchVector } from '../../src/models/question-direction.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import { principalOf, RagWorld } from '../support/rag-world.ts'
import { retrieveAnswer } from '../support/retrieve-answer.ts'

const examples = new URL('../../examples/', import.meta.url)
const tenants = ['acme-bikes', 'harbor-bank', 'lumen-energy', 'northwind-clinic']

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(new URL(path, examples), 'utf8'))
}

let world: RagWorld
beforeAll(async () => {
  const [words, searchVector] = await Promise.all([loadEnglishWords(), loadSearchVector()])
  const embedder = { ...(await startLocalEmbedder()), words, searchVector }
  world = await RagWorld.open({ embedder })
}, 120_000)
afterAll(async () => {
  await world.deps.embedder[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

describe.each(tenants)('the sample documents of %s', (id) => {
  const texts = new Map<string, string>()
  beforeAll(async () => {
    const principal = await world.tenant(id)
    const names = await readdir(new URL(`${id}/documents/`, examples))
    const documentIds = names.flatMap((name) => (name.endsWith('.md') ? [name.slice(0, -'.md'.length)] : []))
    await Promise.all(
      documentIds.map(async (documentId) => {
        const text = await readFile(new URL(`${id}/documents/${documentId}.md`, examples), 'utf8')
        const meta = await readJson<{ source: string; metadata: object }>(`${id}/documents/${documentId}.meta.json`)
        texts.set(documentId, text)
        await putDocument(world.deps, principal, { documentId, text, ...meta })
      }),
    )
  }, 120_000)

  test('nearly every question finds its document among the best three, and none of another tenant', async () => {
    const questions = await readJson<{ question: string; documentId: string }[]>(`${id}/questions.json`)
    const missed: string[] = []
    for (const { question, documentId } of questions) {
      const { matches } = await retrieveAnswer(world.deps, principalOf(id), { query: question, topK: 3 })
      for (const { documentId: from, text } of matches) {
        expect(texts.get(from ?? '')).toContain(text?.slice(text.indexOf('\n\n') + 2)) // after its headings
      }
      if (!matches.some((match) => match.documentId === documentId)) missed.push(question)
    }
    expect(questions.length).toBeGreaterThanOrEqual(10)
    expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(questions.length * 0.2)
  })

  test.each([
    ['dense', 0.4],
    ['hybrid', 0.25],
  ])('most questions in other words than the text find their document among the best three: %s', async (mode, most) => {
    const all = await readJson<{ question: string; documentId?: string }[]>(`${id}/tuning.json`)
    const questions = all.filter(({ documentId }) => documentId !== undefined)
    const missed: string[] = []
    for (const { question, documentId } of questions) {
      const asked = { query: question, mode, group: 'document', groupSize: 1, topK: 3 }
      const { groups } = await retrieveAnswer(world.deps, principalOf(id), asked)
      if (!groups?.some((group) => group.documentId === documentId)) missed.push(question)
    }
    expect(questions.length).toBeGreaterThanOrEqual(40)
    expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(questions.length * most)
  })
})
