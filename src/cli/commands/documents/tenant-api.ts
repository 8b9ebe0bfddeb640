import { readTenantClientSettings } from '../../../config/config.ts'
import { type AdminApi, adminApi } from '../../kit/admin-api.ts'
import type { Context } from '../../kit/context.ts'
import { tenantAccess } from '../../kit/tenant-access.ts'

/** The public listener, as the tenant's own app calls it: staff sees no content by other ways. */
export async function tenantApi(context: Context, tenant: string): Promise<AdminApi> {
  const scopes = ['rag:read', 'rag:write'] as const
  const { url, token } = await tenantAccess(readTenantClientSettings(), context, tenant, scopes)
  return adminApi(url, token, context.interrupted, 'TENANT_ROUTER_PUBLIC_URL its public listener')
}

export const tenantEnvironment = `
Environment:
  TENANT_ROUTER_PUBLIC_URL    the public listener (that of "npm start" in DATA_DIR)
  TENANT_ROUTER_TENANT_TOKEN  a token of the tenant (on this machine, "npm start" stands in)`
