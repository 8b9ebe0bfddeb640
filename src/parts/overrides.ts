import type { Logger } from 'pino'
import type { Answerer } from '../models/answerer.ts'
import type { RunMoveDeps } from '../moves/runner/run-move.ts'
import type { MoveSettings } from '../moves/sync/step.ts'
import type { ReconcilerOptions } from '../reconcile/reconciler.ts'
import type { VectorStore } from '../stores/store.ts'
import type { AdoptedOverrides } from './adopted.ts'
import type { AuditTrailOverrides } from './audit-trail.ts'
import type { EmbedderOverrides } from './embedders.ts'
import type { GuardOverrides } from './guards.ts'
import type { IngestOverrides } from './ingest.ts'
import type { IsolationOverrides } from './isolation.ts'
import type { LimitParts } from './limits.ts'
import type { MovesOverrides } from './moves.ts'
import type { TenantOverrides } from './tenant-settings.ts'

/** Parts that a test replaces. */
export interface Overrides
  extends AdoptedOverrides,
    AuditTrailOverrides,
    EmbedderOverrides,
    GuardOverrides,
    MovesOverrides,
    TenantOverrides {
  readonly log?: Logger
  readonly answerer?: Answerer
  readonly stores?: VectorStore
  readonly moveSettings?: Partial<MoveSettings>
  readonly atMovePoint?: RunMoveDeps['at']
  readonly ingest?: IngestOverrides
  readonly lossEveryMs?: number
  readonly cacheQuietMs?: number
  readonly reconcile?: Partial<ReconcilerOptions>
  readonly limitsClock?: LimitParts['clock']
  readonly isolation?: IsolationOverrides
}
