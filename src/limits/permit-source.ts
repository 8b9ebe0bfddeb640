import type { PermitGrants, PermitRequest } from '../registry/permits/take-permits.ts'

/** The origin of permits. All replicas together never get more than a limit, apart from usage on credit. */
export interface PermitSource {
  /** @throws AppError `registry_unavailable` when limits are unknown and the policy is to refuse requests then. */
  take(asks: readonly PermitRequest[]): Promise<PermitGrants>
}

/**
 * A grant beyond the need is at most 1/8 of what is left, so that the last permits do not lie unused with one replica.
 */
export const shareOfRest = 8
