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
  /** The embedding model that its key is bound to: its vectors are of it. */
  readonly model?: string
  /** Set when the token carries a groups claim, even an empty one: its writes then reach only what its groups see. */
  readonly hasGroupsClaim?: true
}

/** The call behind a change, for the audit. */
export interface CallOrigin {
  readonly requestId: string
  /** Address of the connection: behind a proxy, the proxy's. */
  readonly address?: string
  /** Why, in the caller's own words. */
  readonly note?: string
}

/** A person or script of our own company, never of a tenant. */
export interface StaffPrincipal {
  readonly kind: 'staff'
  readonly subject: string
  readonly roles: ReadonlySet<Role>
  /** Id of the issuer's key that signed the token. */
  readonly keyId?: string
  /** Absent for actors without a call, such as a policy. */
  readonly origin?: CallOrigin
}

export type Principal = TenantPrincipal | StaffPrincipal
