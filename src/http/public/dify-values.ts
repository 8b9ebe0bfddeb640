import type { Metadata } from '../../stores/store.ts'

export type Value = string | number | boolean
export type DifyComparison = '$eq' | '$ne' | '$gt' | '$lt' | '$gte' | '$lte'
/** A stored field of a passage; undefined: missing. */
export type Kept = Metadata[string] | undefined

/** Compares a number as the store's operators do; a list matches by any of its values. */
export function meetsNumber(kept: Kept, operator: DifyComparison, number: number): boolean {
  const values = listed(kept)
  switch (operator) {
    case '$ne':
      return kept !== undefined && !values.includes(number)
    case '$eq':
      return values.includes(number)
    case '$gt':
      return values.some((one) => typeof one === 'number' && one > number)
    case '$lt':
      return values.some((one) => typeof one === 'number' && one < number)
    case '$gte':
      return values.some((one) => typeof one === 'number' && one >= number)
    case '$lte':
      return values.some((one) => typeof one === 'number' && one <= number)
  }
}

export function hasText(values: readonly Value[], test: 'includes' | 'startsWith' | 'endsWith') {
  return (kept: Kept): boolean => listed(kept).some((one) => values.some((value) => String(one)[test](String(value))))
}

/** Both spellings of a switch, which Dify also writes as text. */
export function spellings(value: Value): readonly Value[] {
  if (typeof value === 'boolean') return [value, String(value)]
  return value === 'true' || value === 'false' ? [value, value === 'true'] : [value]
}

/** Like the store's `$ne`: a missing field does not count as different. */
export function isNone(kept: Kept, values: readonly Value[]): boolean {
  return kept !== undefined && !values.some((one) => isKept(kept, one))
}

export function isKept(kept: Kept, value: Value): boolean {
  return listed(kept).some((one) => spellings(value).includes(one))
}

export function listed(kept: Kept): readonly Value[] {
  if (kept === undefined) return []
  return typeof kept === 'object' ? kept : [kept]
}
