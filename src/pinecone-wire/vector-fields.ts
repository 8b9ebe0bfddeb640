import { invalid } from './api-error.ts'
import { isObject } from './body-fields.ts'

/** Numbers that fit a float32, as they were sent; null and absent are undefined. @throws ApiError 400 */
export function numberList(value: unknown, name: string): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid(`${name}: expected a list of numbers`)
  for (const number of value) {
    if (typeof number !== 'number') throw invalid(`${name}: expected a number, got ${JSON.stringify(number)}`)
    if (!Number.isFinite(Math.fround(number))) throw invalid(`${name}: ${number} does not fit a 32-bit float`)
  }
  return value
}

/** A sparse vector; an empty one stands for none, as older clients send it. @throws ApiError 400 */
export function sparseNumbers(
  value: unknown,
  name: string,
): { readonly indices: readonly number[]; readonly values: readonly number[] } | undefined {
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw invalid(`${name}: expected an object with indices and values`)
  const indices = numberList(value.indices, `${name}.indices`) ?? []
  const values = numberList(value.values, `${name}.values`) ?? []
  return indices.length === 0 && values.length === 0 ? undefined : { indices, values }
}
