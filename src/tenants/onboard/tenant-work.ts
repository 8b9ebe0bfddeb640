import type { Logger } from 'pino'
import { ArrivalGroup } from '../../concurrency/arrival-group.ts'
import { Background } from '../../concurrency/background.ts'
import { batched } from '../../concurrency/batch.ts'
import type { Db } from '../../db/connect.ts'
import type { SigningKey } from '../../evidence/signing-key.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import type { PlaceReservation } from '../../registry/reserve-places.ts'
import { RestoreGate } from '../../registry/restores.ts'
import type { TenantRow } from '../../registry/tenants.ts'
import type { VectorStore } from '../../stores/store.ts'
import { makeIndex } from '../indexes/make-index.ts'
import type { TenantSettings } from '../places/settings.ts'
import { activate } from './activate.ts'
import { provisionTenant } from './provision-tenant.ts'
import { type Order, reserve } from './reserve.ts'
import { reserveQuickly } from './reserve-quickly.ts'

export interface TenantWorkDeps {
  readonly db: Db
  readonly stores: VectorStore
  readonly settings: TenantSettings
  readonly log: Pick<Logger, 'warn'>
  /** Signs deletion receipts; without it they are not signed. */
  readonly signingKey?: SigningKey | undefined
}

/** State that the verbs of this room share in one replica: the batches, and work that outlives a request. */
export interface TenantWork extends TenantWorkDeps, AsyncDisposable {
  /** @returns undefined when the id is taken. @throws AppError `index_limit_reached` */
  reserve(order: Order): Promise<PlaceReservation | undefined>
  /** Runs until the tenant is active, whether or not anyone waits; see `provisionTenant`. */
  provision(tenantId: TenantId, fresh?: PlaceReservation): Promise<TenantRow>
  /** Waits for an index to be ready, and makes it if that is this replica's task; see `makeIndex`. */
  indexReady(indexId: number): Promise<IndexRow | undefined>
  /** Makes these indexes, which this replica opened. */
  indexesOpened(indexIds: readonly number[]): void
  /** Keeps new tenants out while a restored registry was not compared with the store. */
  readonly restoreGate: RestoreGate
  /** Offboardings that go on after the answer, one at a time per tenant. */
  readonly offboarding: Background<unknown>
  /** Waits until all background work of this replica has ended. */
  settled(): Promise<void>
}

/** Rows in one statement; bounds how long a shard's contended counter is locked. */
const maxBatch = 200

/** Longest wait of a tenant with a namespace for others, so that one commit activates them together. */
const lingerMs = 10

export function openTenantWork(deps: TenantWorkDeps): TenantWork {
  const { log } = deps
  const making = new Background<IndexRow | undefined>(log)
  const provisioning = new Background<TenantRow>(log)
  const offboarding = new Background<unknown>(log)

  const make = (indexId: number, mine: boolean) =>
    making.run(`index ${indexId}`, (signal) => makeIndex(deps, indexId, mine, signal))
  const indexesOpened = (indexIds: readonly number[]) => {
    for (const indexId of indexIds) void make(indexId, true).catch(() => undefined)
  }
  const indexReady = (indexId: number) => make(indexId, false)

  const reserveQuicklyOne = batched(reserveQuickly(deps), maxBatch)
  const reserveAnyOne = batched(async (orders: readonly Order[]) => {
    const { reservations, opened } = await reserve(deps, orders)
    indexesOpened(opened)
    return reservations
  }, maxBatch)
  const makingNamespaces = new ArrivalGroup(lingerMs)
  const activateOne = batched(
    (places: readonly PlaceReservation['place'][]) => activate(deps, places),
    maxBatch,
    () => makingNamespaces.arrived(),
  )

  async function provision(tenantId: TenantId, fresh: PlaceReservation | undefined, signal: AbortSignal) {
    // Others are waited for only where they are expected to be quick: an index at work, and nothing left half done.
    const arrive = fresh?.index.state === 'ready' ? makingNamespaces.setOut() : () => undefined
    const activateFirst = (place: PlaceReservation['place']) => {
      arrive()
      return activateOne(place)
    }
    const more = { activate: activateFirst, indexReady, indexesOpened }
    try {
      return await provisionTenant({ ...deps, ...more }, tenantId, fresh, signal)
    } finally {
      arrive()
    }
  }

  return {
    ...deps,
    reserve: async (order) => (await reserveQuicklyOne(order)) ?? reserveAnyOne(order),
    provision: (tenantId, fresh) => provisioning.run(tenantId, (signal) => provision(tenantId, fresh, signal)),
    indexReady,
    indexesOpened,
    restoreGate: new RestoreGate(deps.db),
    offboarding,
    async settled() {
      await provisioning.settled()
      await offboarding.settled()
      await making.settled()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([provisioning, offboarding, making].map((work) => work[Symbol.asyncDispose]()))
    },
  }
}
