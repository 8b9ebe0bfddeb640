import fc from 'fast-check'
import type { Metadata } from '../../src/stores/store.ts'

const word = fc.constantFrom('a', 'b', 'c')
const number = fc.integer({ min: 0, max: 4 })
export const groups = fc.constantFrom('hr', 'it', 'all')
const scalar = fc.oneof(word, number, fc.boolean())
const field = fc.constantFrom('tag', 'year', 'flag', 'visibility', 'lost')

export const metadata: fc.Arbitrary<Metadata> = fc.record(
  {
    tag: fc.oneof(word, fc.uniqueArray(word, { minLength: 1 })),
    year: number,
    flag: fc.boolean(),
    visibility: fc.uniqueArray(groups, { minLength: 1 }),
  },
  { requiredKeys: [] },
)

const condition = fc.oneof(
  scalar,
  fc
    .record(
      {
        $eq: scalar,
        $ne: scalar,
        $gt: number,
        $gte: number,
        $lt: number,
        $lte: number,
        $in: fc.oneof(fc.array(fc.oneof(word, groups), { minLength: 1 }), fc.array(number, { minLength: 1 })),
        $nin: fc.oneof(fc.array(fc.oneof(word, groups), { minLength: 1 }), fc.array(number, { minLength: 1 })),
        $exists: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    .filter((operators) => Object.keys(operators).length > 0),
)

/** Any filter that is accepted, over the fields of `metadata` and one that nobody has. */
export const { filter } = fc.letrec<{ filter: Record<string, unknown> }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    fc.dictionary(field, condition, { minKeys: 1, maxKeys: 2 }),
    fc.record({ $and: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
  ),
}))
