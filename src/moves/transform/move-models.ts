import type { VectorSpace } from '../../placement/placement.ts'

/** An embedding model as movers call it: outside every tenant's quota, and with a budget of its own. */
export interface MoveModel {
  /**
   * @returns a vector for each text, in the same order, and the tokens that the provider counted.
   * @throws AppError `embedding_unavailable` while the model is away or busy; `invalid_request` for a text that it
   *   refuses. When `signal` ends the call its reason is thrown.
   */
  embed(
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly vectors: readonly (readonly number[])[]; readonly tokens: number }>
  /** Adjusts a question's vector before a search, as the tenants' own questions are; absent: it stays as it is. */
  searchVector?(vector: readonly number[]): readonly number[]
}

export interface MoveModels {
  /** @throws AppError `embedding_unavailable` when no setting names the model of the space. */
  of(space: VectorSpace): MoveModel
}
