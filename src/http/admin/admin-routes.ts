import type { EvaluateMoveDeps } from '../../moves/evaluate/evaluate-move.ts'
import type { CostDeps } from '../../tenants/list-costs.ts'
import type { ShowLimitsDeps } from '../../tenants/show-tenant-limits.ts'
import type { AnyRoute } from '../pipeline/route.ts'
import { adoptionRoutes } from './adoption.ts'
import { adviceRoutes } from './advice.ts'
import { approvalRoutes } from './approvals.ts'
import { auditRoutes } from './audit.ts'
import { costRoutes } from './costs.ts'
import { type CrmRouteDeps, crmRoutes } from './crm-hooks.ts'
import { importRoutes } from './imports.ts'
import { indexRoutes } from './indexes.ts'
import { inventoryRoutes } from './inventory.ts'
import { isolationRoutes } from './isolation.ts'
import { type MoveRouteDeps, moveRoutes } from './moves.ts'
import { noticeRoutes } from './notices.ts'
import { reconciliationRoutes } from './reconciliations.ts'
import { reembedRoutes } from './reembeds.ts'
import { tenantInsightRoutes } from './tenant-insight.ts'
import { tenantKeyRoutes } from './tenant-keys.ts'
import { tenantLimitRoutes } from './tenant-limits.ts'
import { tenantRoutes } from './tenants.ts'
import { usageRoutes } from './usage.ts'
import { vectorFileRoutes } from './vector-files.ts'

export type AdminRouteDeps = MoveRouteDeps & ShowLimitsDeps & CostDeps & CrmRouteDeps & EvaluateMoveDeps

/** Routes for staff and their scripts; section 3 of docs/contract.md. */
export function adminRoutes(deps: AdminRouteDeps): readonly AnyRoute[] {
  return [
    ...tenantRoutes(deps),
    ...importRoutes(deps),
    ...approvalRoutes(deps),
    ...tenantLimitRoutes(deps),
    ...tenantInsightRoutes(deps),
    ...tenantKeyRoutes(deps),
    ...moveRoutes(deps),
    ...vectorFileRoutes(deps),
    ...reembedRoutes(deps),
    ...indexRoutes(deps),
    ...adoptionRoutes(deps),
    ...inventoryRoutes(deps),
    ...auditRoutes(deps),
    ...noticeRoutes(deps),
    ...crmRoutes(deps),
    ...usageRoutes(deps),
    ...costRoutes(deps),
    ...adviceRoutes(deps),
    ...isolationRoutes(deps),
    ...reconciliationRoutes({ ...deps, retentionMs: deps.settings.retentionMs }),
  ]
}
