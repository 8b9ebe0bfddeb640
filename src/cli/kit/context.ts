import type { DevelopmentSettings } from '../../config/config.ts'
import type { AdminApi } from './admin-api.ts'

/** What a command may touch of the world: made once in `main.ts`. */
export interface Context {
  /** The admin listener; opened by the first who asks. */
  api(): Promise<AdminApi>
  readonly development: DevelopmentSettings
  /** For the answer, which a script may read. */
  write(line: string): void
  /** For remarks to a person. */
  remark(line: string): void
  /** Whether a person sees the answer as it comes. */
  readonly watched: boolean
  /** Whether a person can be asked. */
  readonly interactive: boolean
  /** Fires on Ctrl-C. */
  readonly interrupted: AbortSignal
}
