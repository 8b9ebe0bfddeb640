import type { Tier } from '../placement/placement.ts'

/** A CRM that tells of accounts: how its calls are signed, and how its events are read. */
export interface CrmSource {
  readonly name: string
  readonly signature: CrmSignature
  /** The secret, and beside it the former one while it is being replaced. */
  readonly secrets: readonly string[]
  readonly fields: CrmFields
  /** Other events of the source are passed over: each field named here has to have one of its values. */
  readonly only: Readonly<Record<string, readonly string[]>>
  /** Value of the source → tag. Other values are passed over. */
  readonly tags: ReadonlyMap<string, Tier>
}

export type CrmSignature =
  | { readonly kind: 'standard' }
  /** `url`: the address as the CRM calls it, which its signature covers. */
  | { readonly kind: 'hubspot-v3'; readonly url: string }

/** Fields of an event; a dot goes into an object. */
export interface CrmFields {
  readonly account: string
  readonly tag: string
  /** When it happened: milliseconds since 1970, or ISO 8601. */
  readonly at: string
  /** Tells events of the same moment apart. */
  readonly event: string | undefined
}
