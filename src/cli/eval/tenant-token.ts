import type { TenantClientSettings } from '../../config/config.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import { isThisMachine } from '../kit/open-api.ts'

/**
 * Returns the token from the environment, or on this machine one of the development issuer of `npm start`.
 * @throws CliError `usage` without either, and for a token of another tenant, since the wrong tenant would be measured.
 *   The service trusts the token alone, so this check is a help and no protection.
 */
export async function tenantToken(
  { url, token }: TenantClientSettings,
  context: Pick<Context, 'development'>,
  tenant: string,
): Promise<string> {
  const { dataDir, issuer } = context.development
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CliError('usage', 'TENANT_ROUTER_PUBLIC_URL is not a URL: set it as in http://127.0.0.1:8080.')
  }
  if (token !== undefined) {
    const said = claimOf(token.reveal(), issuer.tenantClaim)
    if (said === undefined || said === tenant) return token.reveal()
    throw new CliError('usage', 'TENANT_ROUTER_TENANT_TOKEN belongs to another tenant than --tenant names.')
  }
  const { hasIssuer, openIssuer } = await import('../../embedded/issuer.ts')
  if (!isThisMachine(url) || !(await hasIssuer(dataDir))) {
    throw new CliError('usage', 'TENANT_ROUTER_TENANT_TOKEN is not set: set it to a token of the tenant.')
  }
  return (await openIssuer(dataDir, issuer)).mint({ tenant, scopes: ['rag:read'], ttlS: 3600 })
}

/** A claim of a JWT; undefined for any other token. */
function claimOf(token: string, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())[name]
  } catch {
    return undefined
  }
}
