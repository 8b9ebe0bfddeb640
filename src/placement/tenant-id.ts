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

/** Begins the ids of canaries: tenants that the service itself makes, to prove that no tenant sees another. */
export const canaryPrefix = '_tr_canary_'

/** Whether an id is a canary's: no caller can make such a tenant, and no issuer's token speaks for one. */
export function isCanaryId(id: string): boolean {
  return id.startsWith(canaryPrefix)
}

/** @throws AppError `invalid_request` for what is no tenant id, or a canary's. */
export function parseCustomerId(value: unknown, path = 'id'): TenantId {
  const id = parseTenantId(value, path)
  if (!isCanaryId(id)) return id
  const message = `begins with ${canaryPrefix}, as only the service's own canaries do`
  throw new AppError('invalid_request', `The tenant id ${message}.`, { faults: [{ path, message }] })
}
