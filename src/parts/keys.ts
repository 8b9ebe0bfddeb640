import { type KeyVerifier, keysBusy, keyVerifier } from '../auth/key-verifier.ts'
import { KeyCache } from '../cache/key-cache.ts'
import type { Db } from '../db/connect.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import { KeyUses } from '../registry/keys/key-uses.ts'
import { readKeys } from '../registry/keys/tenant-keys.ts'
import type { LeasedRoutes } from '../routing/lease/leased-routes.ts'

export interface OpenKeys extends AsyncDisposable {
  readonly verify: KeyVerifier
  /** Drops the keys of a tenant whose routing changed, or all. */
  forget(tenantId: TenantId | undefined): void
}

interface KeyParts {
  readonly db: Db
  /** Opened later than the keys: it tells them of changes. */
  readonly routes: () => Pick<LeasedRoutes, 'isReady' | 'catchUp'>
  readonly onFault: (error: unknown) => void
}

/** Tenant keys on this replica: what is remembered of them, and when they were used. */
export function openKeys({ db, routes, onFault }: KeyParts): OpenKeys {
  const uses = new KeyUses(db, { onError: onFault })
  const cache = new KeyCache({
    read: (ids) => readKeys(db, ids),
    isCurrent: () => routes().isReady(),
    catchUp: () => routes().catchUp(),
    busy: keysBusy,
  })
  return {
    verify: keyVerifier({ find: (id) => cache.find(id), onUsed: uses.note }),
    forget: (tenantId) => cache.forget(tenantId),
    [Symbol.asyncDispose]: () => uses[Symbol.asyncDispose](),
  }
}
