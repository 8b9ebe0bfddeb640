import type { TenantClientSettings } from '../../config/config.ts'
import type { Context } from './context.ts'
import { CliError } from './exit-code.ts'
import { foundService } from './found-service.ts'
import { isThisMachine } from './open-api.ts'

export interface TenantAccess {
  readonly url: string
  readonly token: string
}

/**
 * The public listener and a token of the tenant: from the environment, or on this machine of `npm start`.
 * @throws CliError `usage` without either, and for a token of another tenant, since the wrong tenant would be asked. The
 *   service trusts the token alone, so this check is a help and no protection.
 */
export async function tenantAccess(
  client: TenantClientSettings,
  context: Pick<Context, 'development'>,
  tenant: string,
  scopes: readonly ('rag:read' | 'rag:write')[] = ['rag:read'],
): Promise<TenantAccess> {
  const { dataDir, issuer } = context.development
  const found = client.url === undefined ? await foundService(context) : undefined
  const url = client.url ?? found?.publicUrl ?? ''
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CliError('usage', 'TENANT_ROUTER_PUBLIC_URL is not a URL: set it as in http://127.0.0.1:8080.')
  }
  if (client.token !== undefined) {
    const token = client.token.reveal()
    const said = claimOf(token, issuer.tenantClaim)
    if (said === undefined || said === tenant) return { url, token }
    throw new CliError('usage', 'TENANT_ROUTER_TENANT_TOKEN belongs to another tenant than --tenant names.')
  }
  const { hasIssuer, openIssuer } = await import('../../embedded/issuer.ts')
  if (!isThisMachine(url) || !(await hasIssuer(dataDir))) {
    throw new CliError('usage', 'TENANT_ROUTER_TENANT_TOKEN is not set: set it to a token of the tenant.')
  }
  const minter = await openIssuer(dataDir, found?.issuer ?? issuer)
  return { url, token: await minter.mint({ tenant, scopes, ttlS: 3600 }) }
}

/** A claim of a JWT; undefined for any other token. */
function claimOf(token: string, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())[name]
  } catch {
    return undefined
  }
}
