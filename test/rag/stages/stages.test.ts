import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Candidate } from '../../../src/rag/stages/candidate.ts'
import { diversify } from '../../../src/rag/stages/diversify.ts'
import { fuse } from '../../../src/rag/stages/fuse.ts'
import { groupByDocument } from '../../../src/rag/stages/group.ts'
import { neighbourIds } from '../../../src/rag/stages/neighbour-ids.ts'

const orderOf = (lists: Parameters<typeof fuse>[0]) => fuse(lists).map(([id]) => id)

test('what is high in both lists is first, and 1 is first in both', () => {
  const [first, ...rest] = fuse([
    { weight: 1, ids: ['a', 'b', 'c'] },
    { weight: 1, ids: ['a', 'c'] },
  ])
  expect(first).toEqual(['a', 1])
  expect(rest.map(([id]) => id)).toEqual(['c', 'b'])
})

test('a list without weight names nobody', () => {
  const lists = (dense: number, sparse: number) => [
    { weight: dense, ids: ['near', 'both'] },
    { weight: sparse, ids: ['worded', 'both'] },
  ]
  expect(orderOf(lists(1, 0))).toEqual(['near', 'both'])
  expect(orderOf(lists(0, 1))).toEqual(['worded', 'both'])
  expect(orderOf(lists(1, 5))[1]).toBe('worded')
})

const ids = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 })
const weight = fc.double({ min: 0.01, max: 10, noNaN: true })

test('fusing names each id once, in falling order, between 0 and 1; only how weights compare matters', () => {
  fc.assert(
    fc.property(ids, ids, weight, weight, (left, right, one, two) => {
      const fused = fuse([
        { weight: one, ids: left },
        { weight: two, ids: right },
      ])
      expect(fused.map(([id]) => id).toSorted()).toEqual([...new Set([...left, ...right])].toSorted())
      const scores = fused.map(([, score]) => score)
      expect(scores).toEqual(scores.toSorted((a, b) => b - a))
      expect(scores.every((score) => score > 0 && score <= 1 + 1e-9)).toBe(true)
      const doubled = new Map(
        fuse([
          { weight: one * 2, ids: left },
          { weight: two * 2, ids: right },
        ]),
      )
      for (const [id, score] of fused) expect(doubled.get(id)).toBeCloseTo(score, 9)
    }),
  )
})

function candidate(id: string, score: number, values: readonly number[]): Candidate {
  return { found: { id, score, values }, score, scores: { dense: score } }
}
const idsOf = (candidates: readonly Candidate[]) => candidates.map(({ found }) => found.id)

/** Two that say the same, and one that is farther and says something else. */
const twins = [candidate('a', 0.9, [1, 0]), candidate('a-again', 0.89, [2, 0.001]), candidate('b', 0.6, [0, 1])]

test('diversity 0 keeps the order; more of it puts what is new before what was said', () => {
  expect(idsOf(diversify(twins, 0))).toEqual(['a', 'a-again', 'b'])
  expect(idsOf(diversify(twins, 0.6))).toEqual(['a', 'b', 'a-again'])
  expect(idsOf(diversify(twins, 1))).toEqual(['a', 'b', 'a-again'])
})

test('the order is the same for scores of another scale', () => {
  const scaled = twins.map((one) => ({ ...one, score: one.score * 1000 + 7 }))
  expect(idsOf(diversify(scaled, 0.6))).toEqual(idsOf(diversify(twins, 0.6)))
})

test('one that is opposite to all before is newer than one at a right angle', () => {
  const all = [candidate('a', 1, [1, 0]), candidate('angle', 0.5, [0, 1]), candidate('opposite', 0.5, [-1, 0])]
  expect(idsOf(diversify(all, 0.9))).toEqual(['a', 'opposite', 'angle'])
})

test('diversifying loses and invents nobody, and begins with the nearest', () => {
  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(
      fc.array(values, { maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (vectors, diversity) => {
        const all = vectors.map((own, at) => candidate(String(at), 1 - at / 100, own))
        const chosen = idsOf(diversify(all, diversity))
        expect(chosen.toSorted()).toEqual(idsOf(all).toSorted())
        expect(chosen[0]).toBe(all[0]?.found.id)
      },
    ),
  )
})

test('no candidates, or ones without values, are no trouble', () => {
  expect(diversify([], 0.5)).toEqual([])
  const bare = { found: { id: 'x', score: 1 }, score: 1, scores: {} }
  expect(diversify([bare, bare], 0.5)).toHaveLength(2)
})

const match = (id: string, documentId: string | null, score: number) => ({ id, documentId, score })

test('a document stands where its best match did, with its best matches and no more', () => {
  const found = [match('a#1', 'a', 0.9), match('b#0', 'b', 0.8), match('a#0', 'a', 0.7), match('a#2', 'a', 0.6)]
  const grouped = groupByDocument(found, { groups: 5, size: 2 })
  expect(grouped.matches.map(({ id }) => id)).toEqual(['a#1', 'a#0', 'b#0'])
  expect(grouped.groups).toEqual([
    { documentId: 'a', score: 0.9, ids: ['a#1', 'a#0'] },
    { documentId: 'b', score: 0.8, ids: ['b#0'] },
  ])
})

test('only so many documents are given, but later matches of these are', () => {
  const found = [match('a#0', 'a', 3), match('b#0', 'b', 2), match('a#1', 'a', 1)]
  expect(groupByDocument(found, { groups: 1, size: 3 }).matches.map(({ id }) => id)).toEqual(['a#0', 'a#1'])
})

test('a record of no document is alone in its group, also when a document has its name', () => {
  const found = [match('a', null, 2), match('a#0', 'a', 1), match('b', null, 1)]
  expect(groupByDocument(found, { groups: 9, size: 9 }).groups.map(({ ids }) => ids)).toEqual([['a'], ['a#0'], ['b']])
})

test('neighbours are of the same document, in its order, and never before its first chunk', () => {
  const made = { isAdopted: false }
  expect(neighbourIds('guide#3', 2, made)).toEqual({ before: ['guide#1', 'guide#2'], after: ['guide#4', 'guide#5'] })
  expect(neighbourIds('guide#0', 2, made)).toEqual({ before: [], after: ['guide#1', 'guide#2'] })
  expect(neighbourIds('own-record', 2, made)).toBeUndefined()
  expect(neighbourIds('guide#x', 2, made)).toBeUndefined()
})
