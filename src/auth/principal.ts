import type { TenantId } from '../placement/tenant-id.ts'

/**
 * `rag:explain` shows how an answer came about, and is needed beside `rag:read`. `rag:write:any`, beside `rag:write`, lets
 * a token that carries a groups claim change also what its groups don't see.
 */
export const scopes = ['rag:read', 'rag:write', 'rag:write:any', 'rag:explain'] as const
export type Scope = (typeof scopes)[number]

export const roles = ['platform', 'sales', 'auditor'] as const
export type Role = (typeof roles)[number]

/** An app service of one tenant. The tenant is the token's and there is no other way to say it. */
export interface TenantPrincipal {
  readonly kind: 'tenant'
  readonly tenantId: TenantId
  readonly subject: string
  readonly scopes: ReadonlySet<Scope>
  /** Sorted, without doubles: two tokens with the same groups see the same and share cached answers. */
  readonly groups: readonly string[]
  /** The token carries a groups claim, be it empty: then its writes reach only what its groups see. */
  readonly hasGroupsClaim?: true
}

/** A person or script of our own company: never of a tenant. */
export interface StaffPrincipal {
  readonly kind: 'staff'
  readonly subject: string
  readonly roles: ReadonlySet<Role>
}

export type Principal = TenantPrincipal | StaffPrincipal
