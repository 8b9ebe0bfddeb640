import type { Scope, StaffPrincipal } from '../../auth/principal.ts'
import { mintTenantKey } from '../../auth/tenant-key.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { countLiveKeys, insertKey, type NewTenantKey } from '../../registry/keys/tenant-keys.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { type IssuedKey, keyView, lockKeyOwner } from './key-view.ts'

export interface KeyRequest {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Undefined: as a token without a groups claim. An empty list sees only what all of the tenant see. */
  readonly groups?: readonly string[] | undefined
  /** The embedding model of its app's vectors. */
  readonly model?: string | undefined
  /** Seconds; undefined: it never expires. */
  readonly expiresInS?: number | undefined
}

/** Keys that are neither revoked nor expired. */
const liveKeysMax = 100

/**
 * Makes a key for a tenant's app. The answer is the only sight of its secret.
 * @throws AppError `not_found`, `conflict` (the tenant is offboarded, or has 100 live keys)
 */
export async function createKey(
  { db }: Pick<TenantWork, 'db'>,
  actor: StaffPrincipal,
  tenantId: TenantId,
  { name, scopes, groups, model, expiresInS }: KeyRequest,
): Promise<IssuedKey> {
  return db.transaction(async (tx) => {
    await lockKeyOwner(tx, tenantId)
    const kind = {
      name,
      scopes: [...new Set(scopes)],
      groups: groups === undefined ? null : [...new Set(groups)].sort(),
      model: model ?? null,
    }
    const wanted = { ...kind, tenantId, expiresInS: expiresInS ?? null, createdBy: actor.subject, rotatedFrom: null }
    const issued = await issueKey(tx, wanted)
    const detail = { keyId: issued.id, ...kind, expiresAt: issued.expiresAt }
    await appendAudit(tx, [{ actor, action: 'key.create', tenantId, detail }])
    return issued
  })
}

/** Mints and stores a key of a locked tenant. @throws AppError `conflict` at 100 live keys */
export async function issueKey(tx: Tx, wanted: Omit<NewTenantKey, 'id' | 'secretHash'>): Promise<IssuedKey> {
  if ((await countLiveKeys(tx, wanted.tenantId)) >= liveKeysMax) {
    throw new AppError('conflict', `A tenant has up to ${liveKeysMax} live keys; revoke one first.`)
  }
  const { id, key, secretHash } = mintTenantKey()
  return { key, ...keyView(await insertKey(tx, { ...wanted, id, secretHash })) }
}
