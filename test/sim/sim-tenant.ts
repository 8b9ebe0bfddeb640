import type { StaffPrincipal, TenantPrincipal } from '../../src/auth/principal.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'

/** The one tenant of a simulated world. */
export const acme = parseTenantId('acme')

export const staff: StaffPrincipal = { kind: 'staff', subject: 'pat', roles: new Set(['platform']) }

export const appOfAcme: TenantPrincipal = {
  kind: 'tenant',
  tenantId: acme,
  subject: 'app-of-acme',
  scopes: new Set(['rag:read', 'rag:write']),
  groups: [],
}

export function record(id: string, n: number) {
  return { id, values: [1, n, 0, 1], metadata: { n, text: `v${n}` } }
}
