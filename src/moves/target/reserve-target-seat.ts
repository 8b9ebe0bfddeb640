import { eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { type Project, poolOf } from '../../placement/choose-project.ts'
import { chooseShard } from '../../placement/choose-shard.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { findIndex, type IndexRow, listPoolShards, type PoolShard } from '../../registry/indexes.ts'
import { tenants } from '../../registry/tenants.sql.ts'

/** What is looked for: a shared index that a tenant's records fit into as they are. */
export interface SeatWish {
  readonly source: IndexRow
  readonly projects: readonly Project[]
  /** Where the tenant's records must stay. */
  readonly region: string
  /** The one index that will do; without it, the fullest. */
  readonly wantedIndexId: number | null
}

export type Seat = { readonly shard: PoolShard } | { readonly refused: string }

/**
 * The shared index that a demoted or rebalanced tenant goes to: the fullest other one with room that was made with the
 * same model, dimension and metric and is in the region, or the one that was asked for if it is all of that.
 */
export async function findSeat(tx: Tx, wish: SeatWish): Promise<Seat> {
  const fitting = await listSeats(tx, wish)
  const { wantedIndexId } = wish
  const wanted = wantedIndexId === null ? fitting : fitting.filter((one) => one.indexId === wantedIndexId)
  const chosen = chooseShard(wanted)
  const shard = wanted.find((one) => one.indexId === chosen?.indexId)
  if (shard !== undefined) return { shard }
  if (wantedIndexId !== null) return { refused: whyNot(await findIndex(tx, wantedIndexId), wish) }
  return {
    refused: `No other shared index in ${wish.region} has room for the tenant. Open one with: tenant-router indexes add`,
  }
}

/** Shared indexes that would do, full ones too. */
export async function listSeats(tx: Tx, { source, projects, region }: SeatWish): Promise<readonly PoolShard[]> {
  const { embeddingModel: model, dimension, metric } = source
  const shards = await listPoolShards(tx, { model, dimension })
  return poolOf(shards, projects, region).filter(
    (one) => one.state === 'ready' && one.metric === metric && one.indexId !== source.id,
  )
}

function whyNot(wanted: IndexRow | undefined, { source, region }: SeatWish): string {
  if (wanted === undefined || wanted.state === 'deleting' || wanted.state === 'deleted')
    return 'The index that was asked for is gone.'
  const { name } = wanted
  if (wanted.id === source.id) return `The tenant is in index ${name} already.`
  if (wanted.kind !== 'pool') return `Index ${name} is another tenant's own.`
  if (wanted.state !== 'ready') return `Index ${name} is not ready yet.`
  const { embeddingModel, dimension, metric } = wanted
  if (embeddingModel !== source.embeddingModel) return `Index ${name} was made for the model ${embeddingModel}.`
  if (dimension !== source.dimension) return `Index ${name} has ${dimension} dimensions.`
  if (metric !== source.metric) return `Index ${name} compares by ${metric}.`
  if (wanted.region !== region) return `Index ${name} is in ${wanted.region}; the tenant must stay in ${region}.`
  if (wanted.draining) return `Index ${name} is being drained.`
  if (wanted.full || wanted.namespacesUsed >= wanted.namespaceLimit) return `Index ${name} is full.`
  return `Index ${name} is in the Pinecone project '${wanted.project}', which may hold no shared index there.`
}

/** Where a tenant's records must stay when nothing else is said: in its own region, or where they are. */
export async function regionOf(tx: Tx, tenantId: TenantId, otherwise: string): Promise<string> {
  const [tenant] = await tx.select({ region: tenants.region }).from(tenants).where(eq(tenants.id, tenantId))
  return tenant?.region ?? otherwise
}
