import type { DevelopmentSettings } from '../../config/config.ts'
import type { AdminApi } from './admin-api.ts'

/** A command's access to the outside world; made once in `main.ts`. */
export interface Context {
  /** The admin listener; the first call opens it. */
  api(): Promise<AdminApi>
  readonly development: DevelopmentSettings
  /** Writes the answer, which a script may read. */
  write(line: string): void
  /** Writes a remark for a person. */
  remark(line: string): void
  /** Whether a person sees the answer as it arrives. */
  readonly watched: boolean
  /** Whether a person can be asked. */
  readonly interactive: boolean
  /** Fires on Ctrl-C. */
  readonly interrupted: AbortSignal
}
