import type { ClientSettings } from '../../config/config.ts'
import { type AdminApi, adminApi } from './admin-api.ts'
import type { Context } from './context.ts'
import { CliError } from './exit-code.ts'
import { foundService } from './found-service.ts'

/**
 * The admin listener that the environment names, or the `npm start` of the data folder. Without a token, and on this
 * machine, its development issuer steps in: its key lies in the data folder, and only that service trusts it.
 */
export async function openApi(client: ClientSettings, context: Omit<Context, 'api'>): Promise<AdminApi> {
  const { token } = client
  const found = client.url === undefined ? await foundService(context) : undefined
  const url = client.url ?? found?.adminUrl ?? ''
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CliError('usage', 'TENANT_ROUTER_URL is not a URL: set it as in http://127.0.0.1:8081.')
  }
  if (token !== undefined) return adminApi(url, token.reveal(), context.interrupted)
  const { hasIssuer, openIssuer } = await import('../../embedded/issuer.ts')
  const { dataDir, issuer } = context.development
  if (!isThisMachine(url) || !(await hasIssuer(dataDir))) {
    throw new CliError('usage', 'TENANT_ROUTER_TOKEN is not set: set it to a staff token.')
  }
  // Where the folder itself says who answers, the two belong together; elsewhere it is a guess, which is said.
  if (found?.issuer === undefined) {
    context.remark(`TENANT_ROUTER_TOKEN is not set: a platform token of the development issuer in ${dataDir} is used.`)
  }
  const minter = await openIssuer(dataDir, found?.issuer ?? issuer)
  return adminApi(url, await minter.mint({ role: 'platform', ttlS: 3600 }), context.interrupted)
}

export function isThisMachine(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}
