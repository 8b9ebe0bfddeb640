import type { Context } from './context.ts'
import { CliError } from './exit-code.ts'

export interface FoundService {
  readonly publicUrl: string
  readonly adminUrl: string
  /** Undefined: nothing in the data folder says where an `npm start` answers. */
  readonly issuer: Context['development']['issuer'] | undefined
}

/** The ports of `npm start` where nothing else is said. */
const usual = { publicUrl: 'http://127.0.0.1:8080', adminUrl: 'http://127.0.0.1:8081', issuer: undefined }

/**
 * The `npm start` of the data folder, on whatever ports; the usual addresses where the folder names none.
 * @throws CliError `failed` when its process has ended: what answers there now is another one
 */
export async function foundService({ development }: Pick<Context, 'development'>): Promise<FoundService> {
  const { findRunningService } = await import('../../embedded/running.ts')
  const found = findRunningService(development.dataDir)
  if (found === undefined) return usual
  if (!('ended' in found)) return found
  const was = `The "npm start" of ${development.dataDir} (process ${found.ended}) has ended.`
  throw new CliError('failed', `${was} Start it again, or name a service by TENANT_ROUTER_URL.`)
}
