import { AppError } from '../errors.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { scopes, type TenantPrincipal } from './principal.ts'
import { isSecretOf, parseTenantKey } from './tenant-key.ts'

/** A key as the registry knows it. */
export interface KnownKey {
  readonly id: string
  readonly tenantId: TenantId
  readonly secretHash: string
  readonly scopes: readonly string[]
  /** Null: as a token without a groups claim. */
  readonly groups: readonly string[] | null
  /** The embedding model of its app's vectors; null: it is bound to none. */
  readonly model: string | null
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

export interface KeyVerifierOptions {
  /** Undefined: no such key. */
  readonly find: (keyId: string) => KnownKey | undefined | Promise<KnownKey | undefined>
  readonly now?: () => number
  readonly onUsed?: (keyId: string) => void
}

export type KeyVerifier = (key: string) => TenantPrincipal | Promise<TenantPrincipal>

const principals = new WeakMap<KnownKey, TenantPrincipal>()

/**
 * Turns a tenant key into its caller: always an app of one tenant, never staff. It waits only for a key that this
 * replica does not remember.
 *
 * @throws (the verifier) AppError `unauthenticated`: the same words whether the key is unknown or its secret is wrong.
 */
export function keyVerifier({ find, now = Date.now, onUsed }: KeyVerifierOptions): KeyVerifier {
  const check = (secret: string, known: KnownKey | undefined): TenantPrincipal => {
    if (known === undefined || !isSecretOf(known.secretHash, secret)) {
      throw refused('This tenant key is not known here; send it whole, as it was shown when it was made.')
    }
    if (known.revokedAt !== null) throw refused('This tenant key has been revoked; ask your platform team for another.')
    if (known.expiresAt !== null && known.expiresAt.getTime() <= now()) {
      throw refused('This tenant key has expired; ask your platform team for another.')
    }
    onUsed?.(known.id)
    return principalOf(known)
  }
  return (key) => {
    const parsed = parseTenantKey(key)
    if (parsed === undefined) {
      throw refused('This is no tenant key, which is trk_, an id and a secret; send it whole and nothing else.')
    }
    const found = find(parsed.id)
    return found instanceof Promise ? found.then((known) => check(parsed.secret, known)) : check(parsed.secret, found)
  }
}

function principalOf(known: KnownKey): TenantPrincipal {
  const made = principals.get(known)
  if (made !== undefined) return made
  const granted = new Set(known.scopes)
  const principal: TenantPrincipal = {
    kind: 'tenant',
    tenantId: known.tenantId,
    subject: `key:${known.id}`,
    scopes: new Set(scopes.filter((scope) => granted.has(scope))),
    groups: [...new Set(known.groups)].sort(),
    ...(known.model !== null && { model: known.model }),
    ...(known.groups !== null && { hasGroupsClaim: true as const }),
  }
  principals.set(known, principal)
  return principal
}

function refused(message: string): AppError {
  return new AppError('unauthenticated', message)
}

/** Too many unknown keys wait to be read from the registry. */
export function keysBusy(): AppError {
  return new AppError('identity_unavailable', 'Too many tenant keys wait to be looked up; try again.')
}
