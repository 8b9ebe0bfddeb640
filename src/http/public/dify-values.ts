import type { Metadata } from '../../stores/store.ts'

export type Value = string | number | boolean
export type Comparison = '$eq' | '$ne' | '$gt' | '$lt' | '$gte' | '$lte'
/** A field of a passage as it is kept; undefined: it has none of that name. */
export type Kept = Metadata[string] | undefined

/** What the store's own operators say of a number; of a list, one of its values counts. */
export function meetsNumber(kept: Kept, operator: Comparison, number: number): boolean {
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

/** Dify writes a switch as a text too. */
export function spellings(value: Value): readonly Value[] {
  if (typeof value === 'boolean') return [value, String(value)]
  return value === 'true' || value === 'false' ? [value, value === 'true'] : [value]
}

/** As the store's `$ne` has it: what lacks the field is not among those that differ. */
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
