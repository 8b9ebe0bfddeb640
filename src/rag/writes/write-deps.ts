import type { TenantWrites } from '../../cache/tenant-writes.ts'
import type { Clock } from '../../clock.ts'
import type { Db } from '../../db/connect.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'
import type { VectorStore } from '../../stores/store.ts'
import type { RagMemory } from '../rag-memory.ts'
import type { AppChanges } from './app-changes.ts'

export interface WriteDeps {
  readonly db: Db
  readonly routes: TenantRoutes
  readonly stores: VectorStore
  readonly writes: TenantWrites
  readonly memory: Pick<RagMemory, 'realEmpties' | 'filterDeletes'>
  /** Learns of each write to an adopted place: its sequence number, or undefined where none is known. */
  readonly ownWrites?: { note(placeId: number, lsn: number | undefined): void }
  /** Learns which documents of an adopted tenant its app has written, once an inventory of them was begun. */
  readonly appChanges?: Pick<AppChanges, 'note'>
  readonly settings: WriteSettings
  readonly clock?: Clock
}

export interface WriteSettings {
  readonly storeInDoubtMs: number
  readonly storeVisibleMs: number
  /** Longest duration of one store call, including its repeats; 25 s. */
  readonly storeCallMs?: number
  /** Longest wait of a write for another one of the same record, on any replica, while the tenant moves; 5 s. */
  readonly busyWaitMs?: number
}

export interface WriterOptions {
  /** Whether a claim in the registry keeps other writes of these records out until a doubt is over. */
  readonly isClaimed?: boolean
  /** Whether the router itself takes a document over: then the inventory has nothing to note. */
  readonly takesOver?: boolean
}
