import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { TenantKeyRow } from '../../registry/keys/tenant-keys.ts'
import { lockTenantRow } from '../../registry/tenants.ts'

/** A key as staff see it: never its secret. */
export interface KeyView {
  readonly id: string
  readonly tenantId: TenantId
  readonly name: string
  readonly state: 'active' | 'expired' | 'revoked'
  readonly scopes: readonly string[]
  /** Null: as a token without a groups claim. */
  readonly groups: readonly string[] | null
  /** The embedding model that it is bound to; null: none. */
  readonly model: string | null
  readonly createdBy: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  /** Up to a minute late; null: never used. */
  readonly lastUsedAt: string | null
  readonly rotatedFrom: string | null
}

/** A new key with the only sight of its secret. */
export interface IssuedKey extends KeyView {
  /** `trk_<id>_<secret>` */
  readonly key: string
}

export function keyView(row: TenantKeyRow, nowMs = Date.now()): KeyView {
  const { id, tenantId, name, scopes, groups, model, createdBy, rotatedFrom, expiresAt, revokedAt, lastUsedAt } = row
  const isExpired = expiresAt !== null && expiresAt.getTime() <= nowMs
  return {
    id,
    tenantId,
    name,
    state: revokedAt !== null ? 'revoked' : isExpired ? 'expired' : 'active',
    scopes,
    groups,
    model,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    rotatedFrom,
  }
}

/** Locks the tenant whose keys change. @throws AppError `not_found`, `conflict` (it is offboarded, or being so) */
export async function lockKeyOwner(tx: Tx, tenantId: TenantId): Promise<void> {
  const tenant = await lockTenantRow(tx, tenantId)
  if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
  if (tenant.status === 'offboarding' || tenant.status === 'offboarded') {
    throw new AppError('conflict', 'The tenant is offboarded: its keys are revoked, and it gets no new ones.')
  }
}

export function noSuchKey(): AppError {
  return new AppError('not_found', 'This tenant has no such key.', { shown: true })
}
