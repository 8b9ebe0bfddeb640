import type { Project } from '../../placement/choose-project.ts'

/** The configuration of onboarding and offboarding. */
export interface TenantSettings {
  /** The Pinecone projects for new indexes, the default one first; see `chooseProject`. */
  readonly projects: readonly Project[]
  /** Region of new indexes for tenants that name none. */
  readonly region: string
  readonly indexPrefix: string
  /** Namespaces of a new shared index; an existing one keeps the value in its row. */
  readonly poolNamespaceLimit: number
  readonly embeddingModel: string
  readonly dimension: number
  readonly metric: 'cosine' | 'dotproduct' | 'euclidean'
  /** Every configured embedding model: adopted indexes name one of them. */
  readonly models: readonly {
    readonly name: string
    readonly dimension: number
    readonly metric: string
    /** The regions whose tenants may use it; undefined: any. */
    readonly regions?: readonly string[]
  }[]
  /** Time that an unanswered store request may still land (docs/moves.md A2). */
  readonly storeInDoubtMs: number
  /** Time that a caller waits for a place before the answer is 202. */
  readonly provisionWaitMs: number
  /** Time that a suspension or resumption waits until every replica has applied it. Default 1000. */
  readonly everywhereWaitMs?: number
  /** Interval between looks at another replica's or the store's progress. Default 500. */
  readonly pollMs?: number
}
