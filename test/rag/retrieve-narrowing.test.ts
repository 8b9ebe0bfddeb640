import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TenantPrincipal } from '../../src/auth/principal.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import type { RetrieveInput } from '../../src/rag/retrieve/question.ts'
import { retrieveBatch } from '../../src/rag/retrieve/retrieve-batch.ts'
import { upsertVectors } from '../../src/rag/vectors/upsert-vectors.ts'
import type { Metadata } from '../../src/stores/store.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { principalOf, RagWorld } from '../support/rag-world.ts'
import { retrieveAnswer } from '../support/retrieve-answer.ts'
import { filter, groups, metadata } from './arbitrary-filter.ts'
import { matches } from './reference-filter.ts'

/** Options beside the words and the filter. */
const stages = fc.record(
  {
    mode: fc.constantFrom('dense', 'hybrid'),
    rerank: fc.oneof(fc.boolean(), fc.record({ candidates: fc.integer({ min: 100, max: 200 }) })),
    diversity: fc.constantFrom(0, 0.4, 1),
    includeValues: fc.boolean(),
    explain: fc.boolean(),
  },
  { requiredKeys: ['mode'] },
)
const around = fc.record(
  { expand: fc.integer({ min: 0, max: 2 }), group: fc.constant('document'), groupSize: fc.integer({ min: 1, max: 2 }) },
  { requiredKeys: [] },
)

describe.each(['cosine', 'dotproduct'] as const)('with the metric %s', (metric) => {
  let world: RagWorld
  const stored = new Map<string, Metadata>()
  beforeAll(async () => {
    world = await RagWorld.open({ metric })
    await world.tenant('acme')
    await world.tenant('other')
    const records = fc.sample(metadata, { numRuns: 40, seed: 11 })
    await upsertVectors(world.deps, principalOf('acme'), {
      vectors: records.map((own, at) => ({
        id: `r${at}`,
        values: bagOfWords(`word ${at}`),
        metadata: { ...own, text: `word ${at}` },
      })),
    })
    for (const [at, own] of fc.sample(metadata, { numRuns: 8, seed: 12 }).entries()) {
      const text = Array.from({ length: 2 }, (_, part) => `# Part ${part}\n\n${`word of ${at} `.repeat(80)}`).join(
        '\n\n',
      )
      await putDocument(world.deps, principalOf('acme'), { documentId: `d${at}`, text, metadata: { ...own } })
    }
    await putDocument(world.deps, principalOf('other'), { documentId: 'd0', text: 'word of another tenant' })
    // Documents half way through an update: a chunk of another visibility beside those of the old one.
    const { tenantId } = principalOf('acme')
    const half = [...(await world.stored(tenantId)).values()].filter(({ id }) => id.endsWith('#1'))
    const place = await world.placeOf(tenantId)
    await place.upsert(half.map((chunk) => ({ ...chunk, metadata: { ...chunk.metadata, visibility: ['it'] } })))
    for (const [id, record] of await world.stored(tenantId)) stored.set(id, record.metadata ?? {})
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const caller = (held: readonly string[]): TenantPrincipal => ({
    ...principalOf('acme', ...held),
    scopes: new Set(['rag:read', 'rag:explain']),
  })
  const mayRead = (id: string, held: readonly string[]) => {
    const own = stored.get(id)
    const { visibility } = own ?? { visibility: [] }
    return visibility === undefined || held.some((group) => (visibility as string[]).includes(group))
  }
  const allowed = (id: string, asked: object, held: readonly string[]) =>
    mayRead(id, held) && matches(asked as Record<string, unknown>, stored.get(id) ?? {})

  test('whatever the filter and the stages, nothing is given that the plain filter and the groups don’t both allow', async () => {
    await fc.assert(
      fc.asyncProperty(filter, fc.uniqueArray(groups), stages, around, async (asked, held, how, more) => {
        const { groupSize, ...rest } = more
        const topK = rest.group === undefined ? 50 : 25
        const input: RetrieveInput = {
          query: 'word',
          filter: asked,
          topK,
          ...how,
          ...rest,
          ...(rest.group !== undefined && groupSize !== undefined && { groupSize }),
          ...((rest.expand ?? 0) > 0 && { topK: rest.group === undefined ? 50 : 16 }),
        }
        const answer = await retrieveAnswer(world.deps, caller(held), input)
        for (const { id, neighbours } of answer.matches) {
          expect([id, allowed(id, asked, held)]).toEqual([id, true])
          // The filter chose the match; who may see decides about what stands around it.
          for (const near of [...(neighbours?.before ?? []), ...(neighbours?.after ?? [])]) {
            expect([near.id, mayRead(near.id, held)]).toEqual([near.id, true])
            expect(near.id.split('#')[0]).toBe(id.split('#')[0])
          }
        }
      }),
      { numRuns: 120 },
    )
  })

  test('and the stages lose nothing: all that both allow is found where there is room for it', async () => {
    await fc.assert(
      fc.asyncProperty(filter, fc.uniqueArray(groups), stages, async (asked, held, how) => {
        const answer = await retrieveAnswer(world.deps, caller(held), {
          ...how,
          query: 'word',
          filter: asked,
          topK: 100,
        })
        const expected = [...stored.keys()].filter((id) => allowed(id, asked, held))
        expect(answer.matches.map(({ id }) => id).toSorted()).toEqual(expected.toSorted())
      }),
      { numRuns: 60 },
    )
  })

  test('in a batch each question has its own filter, and the caller’s groups hold for all', async () => {
    const question = fc.tuple(filter, stages)
    await fc.assert(
      fc.asyncProperty(
        fc.array(question, { minLength: 1, maxLength: 6 }),
        fc.uniqueArray(groups),
        async (all, held) => {
          const inputs = all.map(([asked, how]) => ({ ...how, query: 'word', filter: asked, topK: 100 }))
          const { outcomes } = await retrieveBatch(world.deps, caller(held), inputs)
          for (const [at, outcome] of outcomes.entries()) {
            if (!('answer' in outcome)) throw outcome.fault
            const found = (JSON.parse(outcome.answer.json) as { matches: { id: string }[] }).matches
            const asked = all[at]?.[0] ?? {}
            const expected = [...stored.keys()].filter((id) => allowed(id, asked, held))
            expect(found.map(({ id }) => id).toSorted()).toEqual(expected.toSorted())
          }
        },
      ),
      { numRuns: 20 },
    )
  })
})
