import type { Config } from '../config/config.ts'
import { packed, unpacked } from '../config/portable.ts'
import type { MoveSettings } from '../moves/sync/step.ts'
import type { QueryPair } from '../moves/verify/recent-queries.ts'
import type { VectorSpace } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { StoreUse } from '../stores/metered-store.ts'
import type { StoreCall } from '../stores/store-calls.ts'
import type { OpenCircuit } from '../telemetry/resilience-meter.ts'

/** The settings and sizes that a mover's thread is started with. */
export interface MoverOrder {
  readonly config: MoverConfig
  readonly settings: MoveSettings
  /** The level of the replica's log. */
  readonly logLevel: string
}

/** The settings that a mover reads. */
export type MoverConfig = Pick<
  Config,
  'databaseUrl' | 'databaseListenUrl' | 'pinecone' | 'patience' | 'limits' | 'embeddingModels' | 'tracesUrl'
>

export function moverConfigOf(config: Config): MoverConfig {
  const { databaseUrl, databaseListenUrl, pinecone, patience, limits, embeddingModels, tracesUrl } = config
  return {
    databaseUrl,
    ...(databaseListenUrl !== undefined && { databaseListenUrl }),
    pinecone,
    patience,
    limits,
    embeddingModels,
    ...(tracesUrl !== undefined && { tracesUrl }),
  }
}

/** From the mover's thread to the thread that serves. */
export type FromMover =
  | { readonly kind: 'ready' }
  /** A line of the log, as JSON. */
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'call'; readonly call: StoreCall }
  | { readonly kind: 'use'; readonly tenantId: TenantId; readonly use: StoreUse }
  /** Every dependency that the mover does not ask at the moment. */
  | { readonly kind: 'circuits'; readonly open: readonly OpenCircuit[] }
  | ({ readonly kind: 'questions'; readonly id: number } & QuestionsAsk)
  | { readonly kind: 'pong' }

/** From the thread that serves to the mover's. */
export type ToMover =
  | { readonly kind: 'stop' }
  | { readonly kind: 'refused'; readonly call: RefusedCall }
  | { readonly kind: 'questions'; readonly id: number; readonly pairs: readonly QueryPair[] }
  | { readonly kind: 'ping' }

/** Asks for a tenant's recent queries, which the thread that serves remembers. */
export interface QuestionsAsk {
  readonly tenantId: TenantId
  readonly from: VectorSpace
  readonly to: VectorSpace
}

/** A call of an index that the store refused with 429. */
export type RefusedCall = Pick<StoreCall, 'project' | 'index' | 'refusals'>

export function packOrder(order: MoverOrder): unknown {
  return packed(order)
}

export function unpackOrder(data: unknown): MoverOrder {
  return unpacked(data) as MoverOrder
}
