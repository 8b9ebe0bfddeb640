import type { TenantId } from './tenant-id.ts'

/** Verbs that a second person may have to approve (`APPROVALS`). */
export const approvableVerbs = [
  'offboard',
  'promote',
  'demote',
  'rebalance',
  'reembed',
  'relocate',
  'suspend',
  'import',
] as const
export type ApprovableVerb = (typeof approvableVerbs)[number]

/** A call that waits for a second person, with all that it needs to be carried out. */
export type ApprovableCall =
  | { readonly verb: 'offboard' | 'suspend'; readonly tenantId: TenantId }
  | {
      readonly verb: 'promote' | 'demote' | 'rebalance' | 'reembed' | 'relocate'
      readonly tenantId: TenantId
      readonly to?: string | undefined
      readonly model?: string | undefined
      readonly leaveBehind?: number | undefined
      readonly vectorsFrom?: string | undefined
      readonly region?: string | undefined
      readonly project?: string | undefined
      readonly maxRecallLoss?: number | undefined
    }
  | { readonly verb: 'import'; readonly importId: string; readonly leaveOutRefused: boolean }
