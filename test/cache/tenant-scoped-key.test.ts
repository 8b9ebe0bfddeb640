import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TenantPrincipal } from '../../src/auth/principal.ts'
import {
  answerKey,
  embeddingKey,
  type RetrievalKeyParts,
  retrievalKey,
  type WriterKeyParts,
} from '../../src/cache/tenant-scoped-key.ts'
import { checkQuestion, type RetrieveInput } from '../../src/rag/retrieve/question.ts'
import { retrievalKeyParts } from '../../src/rag/retrieve/retrieve.ts'
import { principalOf } from '../support/rag-world.ts'
import { testVectors } from '../support/test-vectors.ts'
import { type RouteChange, retrievalParts, routeOf } from './key-parts.ts'

/** Texts that could run into each other if a key were glued together from its parts. */
const tricky = fc.oneof(
  fc.constantFrom(
    'q',
    'q q',
    '"',
    '\\',
    '"]',
    '["x"]',
    ']],[[',
    'null',
    'a","b',
    'a',
    ',',
    '{}',
    '\u0000',
    'é',
    'e\u0301',
  ),
  fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }),
)
const word = tricky.filter((text) => text.trim() !== '')

interface Asked {
  readonly id: string
  readonly change: Required<RouteChange>
  readonly groups: readonly string[]
  readonly input: RetrieveInput
  readonly writer: WriterKeyParts
}

const value = fc.oneof(tricky, fc.constantFrom(0, 1, true, 'true', '1'))
const filter: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(undefined),
  fc.record({ a: value }),
  fc.record({ a: fc.record({ $gte: fc.integer({ min: 0, max: 1 }) }), b: value }),
  fc.record({ $or: fc.array(fc.record({ a: value }), { minLength: 1, maxLength: 2 }) }),
)

const fields = {
  id: fc.constantFrom('a', 'b', 'a-b', 'A'),
  change: fc.record({
    generation: fc.integer({ min: 1, max: 2 }),
    epoch: fc.integer({ min: 1, max: 2 }),
    tier: fc.constantFrom('standard' as const, 'enterprise' as const),
    model: fc.constantFrom('m', 'm"', 'n'),
  }),
  groups: fc.uniqueArray(tricky, { maxLength: 3 }).map((groups) => groups.toSorted()),
  input: fc.record({
    query: word,
    topK: fc.constantFrom(undefined, 1, 2, 5),
    filter,
    minScore: fc.constantFrom(undefined, 0, 0.5),
    includeValues: fc.constantFrom(undefined, true, false),
  }),
  writer: fc.record({
    answerModel: fc.constantFrom('m', 'extractive', '["m"]'),
    promptVersion: fc.constantFrom('1', '2'),
    contextTokens: fc.constantFrom(100, 1_000),
  }),
} satisfies { readonly [K in keyof Asked]: fc.Arbitrary<Asked[K]> }

const asked: fc.Arbitrary<Asked> = fc.record(fields)

/** A request, and another that differs from it in some of its fields, if the same was not drawn again. */
const pair: fc.Arbitrary<readonly [Asked, Asked]> = fc
  .tuple(asked, asked, fc.subarray(Object.keys(fields) as (keyof Asked)[]))
  .map(([one, other, changed]) => [one, { ...one, ...Object.fromEntries(changed.map((key) => [key, other[key]])) }])

function principal({ id, groups }: Asked): TenantPrincipal {
  return { ...principalOf(id), groups }
}

const deps = { settings: { retrieveMode: 'dense' } } as const

function parts(request: Asked): RetrievalKeyParts {
  const route = routeOf(request.id, request.change)
  return retrievalKeyParts(route, principal(request), checkQuestion(request.input, deps, testVectors))
}

const keys = (request: Asked) => [
  retrievalKey(parts(request)).text,
  answerKey({ ...parts(request), ...request.writer }).text,
  embeddingKey(routeOf(request.id, request.change), request.input.query ?? '').text,
]

/**
 * Everything that may change the outcome, in a form that keeps all apart; the order of keys in a filter must not
 * matter.
 */
function meaning({ id, change, groups, input, writer }: Asked): readonly unknown[] {
  const { query, topK = 5, minScore = null, includeValues = false } = input
  const sorted = JSON.stringify(input.filter, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
  const text = query?.normalize('NFC').trim()
  const found = [id, change.generation, change.epoch, change.tier, change.model, groups, text, sorted ?? null]
  const retrieval = [...found, topK, minScore, includeValues]
  return [
    retrieval,
    [...retrieval, writer.answerModel, writer.promptVersion, writer.contextTokens],
    [id, change.model, query],
  ]
}

test('two requests that may differ in their outcome never share a key, and equal ones always do', () => {
  fc.assert(
    fc.property(pair, ([one, other]) => {
      const [left, right] = [meaning(one), meaning(other)]
      keys(one).forEach((text, kind) => {
        const isSame = JSON.stringify(left[kind]) === JSON.stringify(right[kind])
        expect(text === keys(other)[kind]).toBe(isSame)
      })
      expect(keys(structuredClone(one))).toEqual(keys(one))
    }),
    { numRuns: 3_000 },
  )
})

test('no key of one kind is a key of another', () => {
  fc.assert(
    fc.property(asked, asked, (one, other) => {
      keys(one).forEach((text, kind) => {
        keys(other).forEach((further, at) => {
          if (at !== kind) expect(further).not.toBe(text)
        })
      })
    }),
    { numRuns: 500 },
  )
})

test('no key of a tenant is a key of another, whatever else is asked', () => {
  fc.assert(
    fc.property(asked, asked, (one, other) => {
      fc.pre(one.id !== other.id)
      keys(one).forEach((text, kind) => {
        expect(keys(other)[kind]).not.toBe(text)
      })
    }),
    { numRuns: 1_000 },
  )
})

test('an option that questions get later is in the key automatically', () => {
  const today = retrievalKey(retrievalParts('a', { options: { topK: 5 } })).text
  const texts = [
    { topK: 5, rerank: true },
    { topK: 5, rerank: false },
    { topK: 5, weights: [1, 2] },
  ].map((options) => retrievalKey(retrievalParts('a', { options })).text)
  expect(new Set([today, ...texts]).size).toBe(4)
})

test('a vector differs in its key from one with another last bit, and from a text that looks like it', () => {
  const asks = [[1, 0], [1.0000000000000002, 0], [0, 1], [1]].map((vector) => ({ vector }))
  const texts = [...asks, { query: '[1,0]' }].map((ask) => retrievalKey(retrievalParts('a', { ask })).text)
  expect(new Set(texts).size).toBe(5)
})

test('a write, or a move, needs no new vector of a question', () => {
  const keyAt = (change: RouteChange) => embeddingKey(routeOf('a', change), 'q').text
  expect(keyAt({ generation: 2, epoch: 9, tier: 'enterprise' })).toBe(keyAt({}))
})
