import type { TenantId } from '../../placement/tenant-id.ts'
import { findKey, listKeyRows } from '../../registry/keys/tenant-keys.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { showTenant } from '../show-tenant.ts'
import { type KeyView, keyView, noSuchKey } from './key-view.ts'

const keysMax = 1_000

/** A tenant's keys, the newest first; of more than 1,000 the oldest are left out. @throws AppError `not_found` */
export async function listKeys(deps: Pick<TenantWork, 'db'>, tenantId: TenantId): Promise<readonly KeyView[]> {
  await showTenant(deps, tenantId)
  return (await listKeyRows(deps.db, tenantId, keysMax)).map((row) => keyView(row))
}

/** One key of a tenant. @throws AppError `not_found` */
export async function showKey({ db }: Pick<TenantWork, 'db'>, tenantId: TenantId, keyId: string): Promise<KeyView> {
  const row = await findKey(db, tenantId, keyId)
  if (row === undefined) throw noSuchKey()
  return keyView(row)
}
