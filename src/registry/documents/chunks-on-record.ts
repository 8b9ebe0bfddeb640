import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** The chunks that a tenant's place must have, while nothing is being written. */
export interface ChunksOnRecord {
  readonly documents: number
  readonly chunks: number
  /** Equal as long as no document was written or deleted, and the tenant has not moved. */
  readonly mark: string
}

/**
 * Reads it in one statement. Undefined while a document is being written or deleted, was written so lately that the
 * store need not show it, or the tenant's place is just changing.
 */
export async function readChunksOnRecord(
  tx: Tx,
  tenantId: TenantId,
  placeId: number,
  storeVisibleMs: number,
): Promise<ChunksOnRecord | undefined> {
  const [row] = await tx.execute<{ documents: number; chunks: number; latest: string | null; unsettled: number }>(sql`
    select count(*)::int as documents, coalesce(sum(d.chunk_count), 0)::float8 as chunks, max(d.updated_at)::text as latest,
      count(*) filter (where d.state <> 'ready'
        or d.updated_at > now() - make_interval(secs => ${storeVisibleMs / 1000}))::int as unsettled
    from documents d where d.tenant_id = ${tenantId}`)
  const [route] = await tx.execute<{ epoch: string }>(sql`
    select epoch::text as epoch from routing
    where tenant_id = ${tenantId} and active_place_id = ${placeId} and phase in ('steady', 'track', 'soak')`)
  if (row === undefined || route === undefined || row.unsettled > 0) return undefined
  const { documents, chunks, latest } = row
  return { documents, chunks, mark: JSON.stringify([documents, chunks, latest, route.epoch]) }
}
