import { type Called, call, type HttpCallOptions } from '../dev/call.ts'
import type { SampleTenant } from '../dev/samples.ts'
import type { DevelopmentIssuer } from '../embedded/issuer.ts'
import type { Urls } from '../main.ts'
import type { DemoStage } from './stage.ts'

/** The context of each act. */
export interface Tour {
  readonly stage: DemoStage
  readonly urls: Urls
  readonly issuer: DevelopmentIssuer
  readonly samples: readonly SampleTenant[]
  readonly signal: AbortSignal
  /** Calls the public listener as an app of the tenant. */
  asTenant(id: string, path: string, options?: Omit<HttpCallOptions, 'token'>): Promise<Called>
  /** Calls the admin listener as a member of staff. */
  asStaff(role: 'platform' | 'sales', path: string, options?: Omit<HttpCallOptions, 'token'>): Promise<Called>
}

export function tour(parts: Pick<Tour, 'stage' | 'urls' | 'issuer' | 'samples' | 'signal'>): Tour {
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (key: string, mint: () => Promise<string>) => {
    const token = tokens.get(key) ?? mint()
    tokens.set(key, token)
    return token
  }
  return {
    ...parts,
    async asTenant(id, path, options = {}) {
      const token = await tokenOf(`tenant ${id}`, () => parts.issuer.mint({ tenant: id }))
      return call(`${parts.urls.publicUrl}${path}`, { signal: parts.signal, ...options, token })
    },
    async asStaff(role, path, options = {}) {
      const token = await tokenOf(role, () => parts.issuer.mint({ role }))
      return call(`${parts.urls.adminUrl}${path}`, { signal: parts.signal, ...options, token })
    },
  }
}
