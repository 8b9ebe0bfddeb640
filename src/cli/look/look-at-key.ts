import type { AdminApi } from '../kit/admin-api.ts'
import { printable } from '../kit/printable.ts'
import { tenantPath } from '../kit/tenant-lines.ts'

interface LookedKey {
  readonly name: string
  readonly state: string
  readonly expiresAt: string | null
}

/** A tenant's key before a change, in a line. @throws CliError `refused` when there is none */
export async function lookAtKey(api: AdminApi, tenant: string, keyId: string): Promise<readonly string[]> {
  const path = `${tenantPath(tenant)}/keys/${encodeURIComponent(keyId)}`
  const { name, state, expiresAt } = await api.send<LookedKey>({ method: 'GET', path })
  const until = state === 'active' && expiresAt !== null ? ` until ${expiresAt}` : ''
  return [`Key ${keyId} (${printable(name)}) of tenant ${tenant} is ${state} now${until}.`]
}
