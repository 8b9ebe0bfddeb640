import type { Project } from '../../placement/choose-project.ts'

/** What onboarding and offboarding have to know of the configuration. */
export interface TenantSettings {
  /** The Pinecone projects that new indexes may be made in, the default one first; see `chooseProject`. */
  readonly projects: readonly Project[]
  /** Where new indexes are made for tenants that name no region. */
  readonly region: string
  readonly indexPrefix: string
  /** Namespaces a new shared index takes; an existing one keeps what is in its row. */
  readonly poolNamespaceLimit: number
  readonly embeddingModel: string
  readonly dimension: number
  readonly metric: 'cosine' | 'dotproduct' | 'euclidean'
  /** For how long a request to the store that got no answer may still land (docs/moves.md A2). */
  readonly storeInDoubtMs: number
  /** How long a caller waits for a place before the answer is 202. */
  readonly provisionWaitMs: number
  /** How often something is looked at again that another replica or the store is working on. Default 500. */
  readonly pollMs?: number
}
