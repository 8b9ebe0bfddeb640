import type { LookDeps } from '../look/look.ts'

export interface RestoreDeps extends LookDeps {
  readonly settings: LookDeps['settings'] & {
    /** How long a request of a replica that ran before the restore may still land. */
    readonly storeInDoubtMs: number
    readonly region: string
    readonly poolNamespaceLimit: number
    readonly models: readonly {
      readonly name: string
      readonly dimension: number
      readonly metric: 'cosine' | 'dotproduct'
    }[]
  }
}
