import type { ClientSettings, DevelopmentSettings } from '../config.ts'

/** What a command may touch of the world: made once in `main.ts`. */
export interface Context {
  readonly client: ClientSettings
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
