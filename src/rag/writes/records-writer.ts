import type { VectorSpace } from '../../placement/placement.ts'
import type { WriteOutcome } from '../../routing/write-log/write-outcome.ts'
import type { Filter, Metadata, RecordChange, VectorRecord } from '../../stores/store.ts'

/** A tenant's writes, each to the tenant's place at that moment. The verb folds their outcomes. */
export interface TenantWriter {
  /**
   * @param made the space that the vectors were made for. Where the place has another one by then, nothing is sent, and
   *   the outcome's fault is `OtherSpace`.
   */
  upsert(records: readonly VectorRecord[], made: VectorSpace): Promise<WriteOutcome>
  /** Changes part of a record; a missing one is not created. `made`: of its values, if it has such. */
  update(change: RecordChange, made?: VectorSpace): Promise<WriteOutcome>
  deleteIds(ids: readonly string[]): Promise<WriteOutcome>
  /** Deletes records that match, as all previously answered writes left them. */
  deleteMatching(filter: Filter): Promise<WriteOutcome>
  /** Sets metadata fields of records that match, as all previously answered writes left them. */
  updateMatching(
    filter: Filter,
    setMetadata: Metadata,
  ): Promise<{ readonly outcome: WriteOutcome; readonly matched: number }>
  deleteAll(): Promise<WriteOutcome>
}
