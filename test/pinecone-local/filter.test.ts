import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileFilter } from '../../src/pinecone-local/filter/compile-filter.ts'
import type { LocalMetadata } from '../../src/pinecone-local/shapes/metadata.ts'
import { call, makeIndex, query, queryIds, startServer, upsert } from './harness.ts'

type Scalar = string | number | boolean

/** The language read anew, straight from its description: each record value is a set of scalars. */
function reference(filter: Record<string, unknown>, metadata: LocalMetadata): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (key === '$and') return (wanted as Record<string, unknown>[]).every((part) => reference(part, metadata))
    if (key === '$or') return (wanted as Record<string, unknown>[]).some((part) => reference(part, metadata))
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
    const operators = typeof wanted === 'object' ? (wanted as Record<string, unknown>) : { $eq: wanted }
    return Object.entries(operators).every(([operator, operand]) => holds(value, operator, operand))
  })
}

function holds(value: LocalMetadata[string] | undefined, operator: string, operand: unknown): boolean {
  if (operator === '$exists') return (value !== undefined) === operand
  if (value === undefined) return false
  const has: Scalar[] = Array.isArray(value) ? [...value] : [value as Scalar]
  if (operator === '$eq') return has.includes(operand as Scalar)
  if (operator === '$ne') return !has.includes(operand as Scalar)
  if (operator === '$in') return (operand as Scalar[]).some((item) => has.includes(item))
  if (operator === '$nin') return !(operand as Scalar[]).some((item) => has.includes(item))
  if (typeof value !== 'number') return false
  const bound = operand as number
  if (operator === '$gt') return value > bound
  if (operator === '$gte') return value >= bound
  if (operator === '$lt') return value < bound
  return value <= bound
}

// Few names and few values, so that filters often match.
const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
const text = fc.constantFrom('x', 'y', 'z', '1', 'true')
const number = fc.integer({ min: -2, max: 2 })
const scalar = fc.oneof(text, number, fc.boolean())
const value = fc.oneof(scalar, fc.array(text, { maxLength: 3 }))
const fields = <T>(item: fc.Arbitrary<T>, min: number) =>
  fc.array(fc.tuple(name, item), { minLength: min, maxLength: 3 }).map((entries) => Object.fromEntries(entries))
const operand = fc.oneof(
  fc.record({ $eq: scalar }),
  fc.record({ $ne: scalar }),
  fc.record({ $gt: number, $lte: number }, { requiredKeys: [] }),
  fc.record({ $gte: number, $lt: number }, { requiredKeys: [] }),
  fc.record({ $in: fc.oneof(fc.array(text, { minLength: 1 }), fc.array(number, { minLength: 1 })) }),
  fc.record({ $nin: fc.oneof(fc.array(text, { minLength: 1 }), fc.array(number, { minLength: 1 })) }),
  fc.record({ $exists: fc.boolean() }),
  scalar,
)
const { filter } = fc.letrec<{ filter: Record<string, unknown> }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    fields(operand, 0),
    fc.record({ $and: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
  ),
}))

describe('the filter language', () => {
  test('means what its description says', () => {
    fc.assert(
      fc.property(filter, fields(value, 0), (wanted, metadata) => {
        expect(compileFilter(wanted)(metadata as LocalMetadata)).toBe(reference(wanted, metadata as LocalMetadata))
      }),
      { numRuns: 3_000 },
    )
  })

  test.each<[unknown, string]>([
    [{ $gt: 5 }, 'only $and and $or are allowed at the top level'],
    [{ a: { $like: 'x' } }, '$like is not a valid operator'],
    [{ a: ['x', 'y'] }, 'illegal condition for field a'],
    [{ a: null }, 'illegal condition for field a'],
    [{ a: { b: 1 } }, 'illegal condition for field a'],
    [{ a: { $eq: ['x'] } }, 'the $eq operator must be followed by a string, boolean or a number, got ["x"] instead'],
    [{ a: { $eq: null } }, 'the $eq operator must be followed by a string, boolean or a number, got null instead'],
    [{ a: { $gt: 'x' } }, 'the $gt operator must be followed by a number, got "x" instead'],
    [{ a: { $in: 'x' } }, 'the $in operator must be followed by a list of strings or a list of numbers'],
    [{ a: { $in: [] } }, 'the $in operator must be followed by a list of strings or a list of numbers'],
    [{ a: { $in: ['x', 1] } }, 'the $in operator must be followed by a list of strings or a list of numbers'],
    [{ a: { $nin: [true] } }, 'the $nin operator must be followed by a list of strings or a list of numbers'],
    [{ a: { $exists: 'yes' } }, 'the $exists operator must be followed by a boolean'],
    [{ $and: [] }, 'the $and operator must be followed by a non-empty list of filters'],
    [{ $or: { a: 1 } }, 'the $or operator must be followed by a non-empty list of filters'],
    [{ $or: [{ a: { $gte: true } }] }, 'the $gte operator must be followed by a number, got true instead'],
    [{ a: { $in: Array.from({ length: 10_001 }, (_, i) => i) } }, 'at most 10000 values'],
    ['a', 'expected an object'],
  ])('refuses %j', async (wrong, message) => {
    expect(() => compileFilter(wrong)).toThrow(message)
  })

  test('refuses what is nested too deep', () => {
    let nested: Record<string, unknown> = { a: 1 }
    for (let i = 0; i < 1_000; i++) nested = { $and: [nested] }
    expect(() => compileFilter(nested)).toThrow('nested deeper')
  })

  test('answers a bad filter with 400 wherever a filter is taken', async () => {
    const host = await makeIndex(await startServer())
    await upsert(host, [{ id: 'x', values: [1, 0] }])
    const filter = { a: { $gt: 'x' } }
    const replies = [
      await query(host, { vector: [1, 0], filter }),
      await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', filter }),
      await call(`${host}/vectors/update`, 'POST', { namespace: 'a', filter, setMetadata: { b: 1 } }),
      await call(`${host}/vectors/fetch_by_metadata`, 'POST', { namespace: 'a', filter }),
    ]
    for (const reply of replies) {
      expect(reply).toMatchObject({ status: 400, body: { code: 3, details: [] } })
      expect(reply.body.message).toContain('the $gt operator must be followed by a number')
    }
  })

  test('narrows queries, also of records whose metadata changes', async () => {
    const host = await makeIndex(await startServer())
    await upsert(host, [
      { id: 'x', values: [1, 0], metadata: { tags: ['red', 'blue'], size: 1 } },
      { id: 'y', values: [1, 0.1], metadata: { tags: ['red'], size: 2 } },
      { id: 'z', values: [1, 0.2] },
    ])
    const found = (filter: object) => queryIds(host, { vector: [1, 0], filter })
    expect(await found({ tags: 'red' })).toEqual(['x', 'y'])
    expect(await found({ $and: [{ tags: 'red' }, { tags: 'blue' }] })).toEqual(['x'])
    expect(await found({ tags: { $nin: ['blue'] } })).toEqual(['y'])
    expect(await found({ size: { $exists: false } })).toEqual(['z'])
    await call(`${host}/vectors/update`, 'POST', { namespace: 'a', id: 'z', setMetadata: { size: 3 } })
    expect(await found({ size: { $gte: 2 } })).toEqual(['y', 'z'])
  })
})
