import type { TenantPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { VectorSpace } from '../../placement/placement.ts'
import { findIndexByName } from '../../registry/indexes.ts'
import type { TenantRoutes } from '../../routing/lease/tenant-routes.ts'

export interface DescribedSpace {
  readonly space: VectorSpace
  readonly cloud: string
  readonly region: string
}

/**
 * How and in which region a tenant's vectors are kept; never the name of its index.
 * @throws AppError as `TenantRoutes.find`, and `store_inconsistent` for an index that the registry lacks
 */
export async function describeSpace(
  { db, routes }: { readonly db: Tx; readonly routes: Pick<TenantRoutes, 'find'> },
  { tenantId }: TenantPrincipal,
): Promise<DescribedSpace> {
  const { active } = (await routes.find(tenantId)).routing
  const index = await findIndexByName(db, active.project, active.indexName)
  if (index === undefined) throw new AppError('store_inconsistent', 'The registry lacks the index of this tenant.')
  return { space: active.vectors, cloud: index.cloud, region: index.region }
}
