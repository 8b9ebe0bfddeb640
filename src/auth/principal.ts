import type { TenantId } from '../placement/tenant-id.ts'

/**
 * `rag:explain` shows how an answer came about; it needs `rag:read` too. `rag:write:any`, beside `rag:write`, lets a
 * token with a groups claim also change documents that its groups don't see.
 */
export const scopes = ['rag:read', 'rag:write', 'rag:write:any', 'rag:explain'] as const
export type Scope = (typeof scopes)[number]

export const roles = ['platform', 'sales', 'auditor'] as const
export type Role = (typeof roles)[number]

/** An app service of one tenant. Only the token names the tenant. */
export interface TenantPrincipal {
  readonly kind: 'tenant'
  readonly tenantId: TenantId
  readonly subject: string
  readonly scopes: ReadonlySet<Scope>
  /** Sorted and without duplicates: tokens with the same groups see the same and share cached answers. */
  readonly groups: readonly string[]
  /** Set when the token carries a groups claim, even an empty one: its writes then reach only what its groups see. */
  readonly hasGroupsClaim?: true
}

/** A person or script of our own company, never of a tenant. */
export interface StaffPrincipal {
  readonly kind: 'staff'
  readonly subject: string
  readonly roles: ReadonlySet<Role>
}

export type Principal = TenantPrincipal | StaffPrincipal
