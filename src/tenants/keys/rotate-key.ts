import type { StaffPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { expireKey, findKey } from '../../registry/keys/tenant-keys.ts'
import { tickRouting } from '../../routing/change-routing.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { issueKey } from './create-key.ts'
import { type IssuedKey, lockKeyOwner, noSuchKey } from './key-view.ts'

export interface RotateInput {
  readonly keyId: string
  /** How long the old key still works, in seconds. */
  readonly overlapS: number
  /** Lifetime of the new key in seconds; undefined: as long as the old one was given. */
  readonly expiresInS?: number | undefined
}

/**
 * Makes a key with the scopes and groups of another, which goes on working for the overlap and then expires. The new
 * one lives as long as the old one was given at first.
 *
 * @throws AppError `not_found`; `conflict` for a key that is revoked or expired, and as `createKey`
 */
export async function rotateKey(
  { db }: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
  { keyId, overlapS, expiresInS }: RotateInput,
): Promise<IssuedKey> {
  return db.transaction(async (tx) => {
    await lockKeyOwner(tx, tenantId)
    const old = await findKey(tx, tenantId, keyId)
    if (old === undefined) throw noSuchKey()
    const { name, scopes, groups, model, createdAt, expiresAt } = old
    const givenS = expiresAt === null ? null : (expiresAt.getTime() - createdAt.getTime()) / 1000
    const lifetime = { expiresInS: expiresInS ?? givenS, createdBy: actor.subject }
    const wanted = { name, scopes, groups, model, tenantId, ...lifetime }
    const issued = await issueKey(tx, { ...wanted, rotatedFrom: keyId })
    if (!(await expireKey(tx, tenantId, keyId, overlapS))) {
      throw new AppError('conflict', 'This key is revoked or has expired; make a new one instead.')
    }
    const detail = { keyId, newKeyId: issued.id, overlapS, expiresAt: issued.expiresAt }
    await appendAudit(tx, [{ actor, action: 'key.rotate', tenantId, detail }])
    await tickRouting(tx, tenantId)
    return issued
  })
}
