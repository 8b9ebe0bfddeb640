import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { type DifyCondition, difyNarrowing } from '../../../src/http/public/dify-filter.ts'

const one = (comparison_operator: string, value?: DifyCondition['value'], name = 'year') =>
  difyNarrowing({ conditions: [{ name, comparison_operator, value }] })

test.each<[string, DifyCondition['value'], object]>([
  ['is', 'a', { $and: [{ year: { $eq: 'a' } }] }],
  ['is not', 'a', { $and: [{ year: { $ne: 'a' } }] }],
  ['is', 'true', { $and: [{ $or: [{ year: { $eq: 'true' } }, { year: { $eq: true } }] }] }],
  ['is not', true, { $and: [{ year: { $ne: true } }, { year: { $ne: 'true' } }] }],
  ['=', false, { $or: [{ year: { $eq: false } }, { year: { $eq: 'false' } }] }],
  ['in', 'a, b', { $or: [{ year: { $eq: 'a' } }, { year: { $eq: 'b' } }] }],
  ['in', ['a, b', 7], { $or: [{ year: { $eq: 'a, b' } }, { year: { $eq: 7 } }] }],
  ['not in', ['a', 'b'], { $and: [{ year: { $ne: 'a' } }, { year: { $ne: 'b' } }] }],
  ['empty', null, { year: { $exists: false } }],
  ['not empty', undefined, { year: { $exists: true } }],
  ['=', '7', { year: { $eq: 7 } }],
  ['≠', 7, { year: { $ne: 7 } }],
  ['>', 7, { year: { $gt: 7 } }],
  ['<', 7, { year: { $lt: 7 } }],
  ['≥', 7.5, { year: { $gte: 7.5 } }],
  ['≤', '-7', { year: { $lte: -7 } }],
  ['before', 20261121, { year: { $lt: 20261121 } }],
  ['after', '20261121', { year: { $gt: 20261121 } }],
])('"%s" %j is said in our filter language', (operator, value, expected) => {
  expect(one(operator, value)).toEqual({ sure: { $and: [expected] } })
})

test('conditions are joined as they ask to be, by default all of them', () => {
  const conditions = [
    { name: 'a', comparison_operator: 'is', value: '1' },
    { name: 'b', comparison_operator: 'empty' },
  ]
  const parts = [{ $and: [{ a: { $eq: '1' } }] }, { b: { $exists: false } }]
  expect(difyNarrowing({ conditions })).toEqual({ sure: { $and: parts } })
  expect(difyNarrowing({ logical_operator: 'or', conditions })).toEqual({ sure: { $or: parts } })
})

test.each([[undefined], [null], [{}], [{ conditions: null }], [{ conditions: [] }]])('%j is no filter', (given) => {
  expect(difyNarrowing(given)).toBeUndefined()
})

test.each<[string, DifyCondition['value'], string, string]>([
  ['before', '2026-02-30', 'year', 'metadata_condition.conditions[0].value'],
  ['after', '2026-13-01', 'year', 'metadata_condition.conditions[0].value'],
  ['>', 'true', 'year', 'metadata_condition.conditions[0].value'],
  ['contains', Array(51).fill('a'), 'year', 'metadata_condition.conditions'],
  ['like', 'a', 'year', 'metadata_condition.conditions[0].comparison_operator'],
  ['toString', 'a', 'year', 'metadata_condition.conditions[0].comparison_operator'],
  ['is', '', 'year', 'metadata_condition.conditions[0].value'],
  ['in', [], 'year', 'metadata_condition.conditions[0].value'],
  ['>', 'soon', 'year', 'metadata_condition.conditions[0].value'],
  ['before', ' ', 'year', 'metadata_condition.conditions[0].value'],
  ['empty', undefined, '$or', 'metadata_condition.conditions[0].name'],
  ['is', 'a', '', 'metadata_condition.conditions[0].name'],
])('"%s" %j of "%s" is refused, and its place named', (operator, value, name, path) => {
  let thrown: unknown
  try {
    one(operator, value, name)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(AppError)
  expect(thrown).toMatchObject({ code: 'invalid_request', faults: [{ path }] })
})
