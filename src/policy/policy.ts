import type { MaintenanceWindow } from './window.ts'

/** When a tenant should have an index of its own, and when not any more. */
export interface Policy {
  /** Any one of them is a reason. */
  readonly promote: {
    readonly enterprise: boolean
    /** From so many records on. */
    readonly records?: number
    /** From so many requests a day on, in the mean of a week. */
    readonly requestsPerDay?: number
    /** By an attribute's name, the values that ask for it: `{compliance: ['hipaa']}`. */
    readonly attributes: Readonly<Record<string, readonly (string | number | boolean)[]>>
  }
  /** Both must hold, and no reason to promote; absent: nobody is advised to go back. */
  readonly demote?: { readonly recordsBelow: number; readonly requestsPerDayBelow: number }
  /** Absent: advice only, people act on it. */
  readonly automatic?: AutomaticMoves
}

export interface AutomaticMoves {
  readonly window?: MaintenanceWindow
  /** In any 24 hours. */
  readonly movesPerDay: number
  /** For so long the advice must have stood. */
  readonly afterHours: number
}

/** Without a file: advice only. */
export const defaultPolicy: Policy = {
  promote: { enterprise: true, records: 1_000_000, attributes: {} },
  demote: { recordsBelow: 100_000, requestsPerDayBelow: 10_000 },
}
