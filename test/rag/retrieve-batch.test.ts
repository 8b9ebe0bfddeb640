import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { AppError } from '../../src/errors.ts'
import { embeddersOf } from '../../src/models/choose-embedder.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import type { RetrieveInput } from '../../src/rag/retrieve/question.ts'
import { type BatchOutcome, retrieveBatch } from '../../src/rag/retrieve/retrieve-batch.ts'
import { bagOfWords, hashEmbedder } from '../support/hash-embedder.ts'
import { RagWorld } from '../support/rag-world.ts'
import { retrieveAnswer } from '../support/retrieve-answer.ts'

let world: RagWorld
let acme: TenantPrincipal
/** Texts that the model embedded, call by call. */
let calls: string[][] = []

beforeAll(async () => {
  const inner = hashEmbedder()
  world = await RagWorld.open({
    embedder: {
      model: inner.model,
      dimension: inner.dimension,
      async embed(texts) {
        calls.push([...texts])
        if (texts.includes('too long')) throw new AppError('invalid_request', 'The text is too long.')
        if (texts.includes('model is away')) throw new AppError('embedding_unavailable', 'It is away.')
        return inner.embed(texts)
      },
      [Symbol.asyncDispose]: async () => undefined,
    },
  })
})
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  acme = await world.tenant()
  for (const word of ['apple', 'pear', 'plum']) await putDocument(world.deps, acme, { documentId: word, text: word })
  calls = []
})

const ask = async (inputs: readonly RetrieveInput[], principal = acme, options = {}) =>
  (await retrieveBatch(world.deps, principal, inputs, options)).outcomes.map(told)

function told(outcome: BatchOutcome): string[] | string {
  if (!('answer' in outcome)) return (outcome.fault as AppError).code
  return (JSON.parse(outcome.answer.json) as { matches: { id: string }[] }).matches.map(({ id }) => id)
}

const first = (query: string) => ({ query, topK: 1 })

test('each question has its own answer, in order, and the texts are embedded in one call', async () => {
  const vector = bagOfWords('plum')
  const answers = await ask([first('apple'), { vector, topK: 1 }, first('pear'), { ...first('apple'), topK: 2 }])
  expect(answers.map((one) => one[0])).toEqual(['apple#0', 'plum#0', 'pear#0', 'apple#0'])
  expect(answers[3]).toHaveLength(2)
  expect(calls.map((texts) => texts.toSorted())).toEqual([['apple', 'pear']])
})

test('a model that searches by another vector than it embeds does so alone and in a batch, and stores documents plainly', async () => {
  const shifted = {
    ...world.deps.embedder,
    // Whatever is asked, the search is for plums.
    searchVector: () => bagOfWords('plum'),
  }
  const deps = { ...world.deps, embedders: embeddersOf([shifted]) }
  await putDocument(deps, acme, { documentId: 'fig', text: 'fig' })
  expect((await retrieveAnswer(deps, acme, { query: 'ripe figs', topK: 1 })).matches[0]?.id).toBe('plum#0')
  const { outcomes } = await retrieveBatch(deps, acme, [first('ripe pear'), first('ripe apple'), first('fig')])
  expect(outcomes.map(told)).toEqual([['plum#0'], ['plum#0'], ['plum#0']])
  expect(await ask([{ vector: bagOfWords('fig'), topK: 1 }])).toEqual([['fig#0']])
})

test('tokens are counted once, with the first', async () => {
  const { outcomes } = await retrieveBatch(world.deps, acme, [first('apple'), first('pear')])
  const tokens = outcomes.map((outcome) =>
    'answer' in outcome ? JSON.parse(outcome.answer.json).usage.embeddingTokens : 0,
  )
  expect(tokens.toSorted()).toEqual([0, 2])
})

test('a question that is wrong has its fault, and the others their answers', async () => {
  const answers = await ask([first('apple'), { query: ' ' }, { query: 'a', filter: { _tr: 1 } }, first('pear')])
  expect(answers).toEqual([['apple#0'], 'invalid_request', 'invalid_request', ['pear#0']])
})

test('a text that the model can’t take is no fault of the others', async () => {
  expect(await ask([first('apple'), first('too long')])).toEqual([['apple#0'], 'invalid_request'])
})

test('while the model is unavailable, questions by vector are answered', async () => {
  const vector = bagOfWords('plum')
  expect(await ask([first('model is away'), { vector, topK: 1 }])).toEqual(['embedding_unavailable', ['plum#0']])
})

test('an explanation without its scope is refused alone', async () => {
  expect(await ask([first('apple'), { ...first('pear'), explain: true }])).toEqual([['apple#0'], 'forbidden'])
  const explainer = { ...acme, scopes: new Set(['rag:read', 'rag:explain'] as const) }
  expect(await ask([{ ...first('pear'), explain: true }], explainer)).toEqual([['pear#0']])
})

test('answers of a batch and of single questions are the same ones, kept once', async () => {
  await ask([first('apple'), first('pear')])
  const again = await retrieveBatch(world.deps, acme, [first('pear'), first('plum')])
  const kinds = again.outcomes.map((outcome) => ('answer' in outcome ? outcome.answer.cache : ''))
  expect(kinds).toEqual(['hit', 'miss'])
  expect(calls).toHaveLength(2)
  expect(calls[1]).toEqual(['plum'])
})

test('the same question twice in a batch is asked once, and bypassing asks the store itself', async () => {
  expect(await ask([first('apple'), first('apple')])).toEqual([['apple#0'], ['apple#0']])
  const { outcomes } = await retrieveBatch(world.deps, acme, [first('apple')], { bypass: true })
  expect(outcomes.map((outcome) => ('answer' in outcome ? outcome.answer.cache : ''))).toEqual(['bypass'])
})

test('what one tenant asked in a batch, another tenant or other groups get nothing of', async () => {
  const other = await world.tenant()
  await putDocument(world.deps, acme, { documentId: 'hidden', text: 'apple', metadata: { visibility: ['hr'] } })
  await putDocument(world.deps, other, { documentId: 'theirs', text: 'apple' })
  const questions = [
    { query: 'apple', topK: 9 },
    { query: 'pear', topK: 9 },
  ]
  for (const principal of [{ ...acme, groups: ['hr'] }, acme, other, { ...acme, groups: ['hr'] }, other]) {
    const expected =
      principal.tenantId === other.tenantId
        ? ['theirs#0']
        : ['apple#0', ...(principal.groups.length > 0 ? ['hidden#0'] : []), 'pear#0', 'plum#0']
    const answers = await ask(questions, principal)
    expect(answers.map((answer) => [...answer].toSorted())).toEqual([expected, expected])
  }
})

test('a tenant that may not be served is refused as a whole', async () => {
  const unknown = { ...acme, tenantId: 'nobody' as TenantPrincipal['tenantId'] }
  await expect(retrieveBatch(world.deps, unknown, [first('apple')])).rejects.toMatchObject({ code: 'tenant_unknown' })
})
