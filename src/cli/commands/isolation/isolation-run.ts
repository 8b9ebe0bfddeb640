import type { SignedIsolationReport } from '../../../evidence/isolation-report.ts'

/** A run as the admin listener shows it. */
export interface IsolationRun extends Readonly<Record<string, unknown>> {
  readonly id: string
  readonly state: string
  readonly step: string
  readonly endedAt: string | null
  readonly isFreezing: boolean
  readonly fault: string | null
  readonly signed: SignedIsolationReport | null
}
