import { eq } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { type Project, poolOf } from '../../placement/choose-project.ts'
import { chooseShard } from '../../placement/choose-shard.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { findIndex, type IndexRow, listPoolShards, type PoolShard } from '../../registry/indexes.ts'
import { tenants } from '../../registry/tenants.sql.ts'

/** The requirements for a shared index that a tenant's records fit into. */
export interface ReservationRequest {
  readonly source: Pick<IndexRow, 'id'>
  /** How its vectors are made and compared. */
  readonly space: VectorSpace
  readonly projects: readonly Project[]
  /** The region that the tenant's records must stay in. */
  readonly region: string
  /** The only acceptable index; without it, the fullest. */
  readonly wantedIndexId: number | null
}

export type TargetShard = { readonly shard: PoolShard } | { readonly refused: string }

/**
 * The shared index for a tenant: the fullest other one with capacity, with the model, dimension and metric, in the
 * region; or the requested one if it meets all of that.
 */
export async function findTargetShard(tx: Tx, wish: ReservationRequest): Promise<TargetShard> {
  const fitting = await listTargetShards(tx, wish)
  const { wantedIndexId } = wish
  const wanted = wantedIndexId === null ? fitting : fitting.filter((one) => one.indexId === wantedIndexId)
  const chosen = chooseShard(wanted)
  const shard = wanted.find((one) => one.indexId === chosen?.indexId)
  if (shard !== undefined) return { shard }
  if (wantedIndexId !== null) return { refused: whyNot(await findIndex(tx, wantedIndexId), wish) }
  return {
    refused: `No other shared index in ${wish.region} has capacity for the tenant. Open one with: tenant-router indexes add --region ${wish.region}`,
  }
}

/** Shared indexes that fit, including full ones. */
export async function listTargetShards(
  tx: Tx,
  { source, space, projects, region }: ReservationRequest,
): Promise<readonly PoolShard[]> {
  const shards = await listPoolShards(tx, space)
  return poolOf(shards, projects, region).filter((one) => one.state === 'ready' && one.indexId !== source.id)
}

function whyNot(wanted: IndexRow | undefined, { source, space, region }: ReservationRequest): string {
  if (wanted === undefined || wanted.state === 'deleting' || wanted.state === 'deleted')
    return 'The requested index is gone.'
  const { name } = wanted
  if (wanted.id === source.id) return `The tenant is in index ${name} already.`
  if (wanted.kind !== 'pool') return `Index ${name} is another tenant's own.`
  if (wanted.state !== 'ready') return `Index ${name} is not ready yet.`
  const { embeddingModel, dimension, metric } = wanted
  if (embeddingModel !== space.model) return `Index ${name} was made for the model ${embeddingModel}.`
  if (dimension !== space.dimension)
    return `Index ${name} has ${dimension} dimensions and the tenant's vectors have ${space.dimension}: only another embedding model makes such (tenant-router reembed).`
  if (metric !== space.metric)
    return `Index ${name} compares by ${metric} and the tenant's by ${space.metric}: the same vectors would be ranked otherwise. They can change between cosine and dotproduct alone, or be embedded anew.`
  if (wanted.region !== region) return `Index ${name} is in ${wanted.region}; the tenant must stay in ${region}.`
  if (wanted.draining) return `Index ${name} is being drained.`
  if (wanted.full || wanted.namespacesUsed >= wanted.namespaceLimit) return `Index ${name} is full.`
  return `Index ${name} is in the Pinecone project '${wanted.project}', which may hold no shared index there.`
}

/** The region of a tenant's records: its own, or by default that of their present place. */
export async function regionOf(tx: Tx, tenantId: TenantId, otherwise: string): Promise<string> {
  const [tenant] = await tx.select({ region: tenants.region }).from(tenants).where(eq(tenants.id, tenantId))
  return tenant?.region ?? otherwise
}
