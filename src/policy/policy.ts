import type { MaintenanceWindow } from './window.ts'

/** When a tenant should have its own index, and when it should go back. */
export interface Policy {
  /** Any one is a reason. */
  readonly promote: {
    readonly enterprise: boolean
    /** Promotes from this many records on. */
    readonly records?: number
    /** Promotes from this many requests a day on, as the mean of a week. */
    readonly requestsPerDay?: number
    /** Attribute values that ask for promotion, by attribute name: `{compliance: ['hipaa']}`. */
    readonly attributes: Readonly<Record<string, readonly (string | number | boolean)[]>>
  }
  /** Demotes when both hold and no reason to promote does; absent: never. */
  readonly demote?: { readonly recordsBelow: number; readonly requestsPerDayBelow: number }
  /** Absent: advice only, which people act on. */
  readonly automatic?: AutomaticMoves
}

export interface AutomaticMoves {
  readonly window?: MaintenanceWindow
  /** Moves in any 24 hours. */
  readonly movesPerDay: number
  /** Hours that the advice must have stood. */
  readonly afterHours: number
}

/** The policy without a file: advice only. */
export const defaultPolicy: Policy = {
  promote: { enterprise: true, records: 1_000_000, attributes: {} },
  demote: { recordsBelow: 100_000, requestsPerDayBelow: 10_000 },
}
