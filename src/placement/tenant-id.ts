import { AppError } from '../errors.ts'

declare const brand: unique symbol

/** A validated tenant id. Only `parseTenantId` makes one, so a bare string never reaches a store, a cache or a lock. */
export type TenantId = string & { readonly [brand]: 'TenantId' }

const pattern = /^[A-Za-z0-9_-]{1,64}$/

export function isTenantId(value: unknown): value is TenantId {
  return typeof value === 'string' && pattern.test(value)
}

/** The id, or `undefined` for what is none. */
export function readTenantId(text: string): TenantId | undefined {
  return isTenantId(text) ? text : undefined
}

/** @throws AppError `invalid_request` unless `value` is 1–64 of `[A-Za-z0-9_-]`. */
export function parseTenantId(value: unknown, path = 'id'): TenantId {
  if (isTenantId(value)) return value
  const message = 'must be 1 to 64 of the characters A–Z a–z 0–9 _ -'
  throw new AppError('invalid_request', `The tenant id ${message}.`, { faults: [{ path, message }] })
}
