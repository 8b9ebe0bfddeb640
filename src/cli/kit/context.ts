import type { DevelopmentSettings } from '../../config/config.ts'
import type { AdminApi } from './admin-api.ts'

/** A command's access to the outside world; made once in `main.ts`. */
export interface Context {
  /** The admin listener; the first call opens it. */
  api(): Promise<AdminApi>
  readonly development: DevelopmentSettings
  /** Writes a line of the answer. */
  write(line: string): void
  /** Writes the answer as JSON, for a script; commands in it keep their canonical form. */
  writeJson(document: unknown, indent?: number): void
  /** Writes text as it is, for a program; whatever others gave in it is printable already. */
  writeAsIs(text: string): void
  /** Shows a line of progress on a terminal, in place of the one before; what is written next takes its place. */
  status(line: string): void
  /** Writes a remark for a person. */
  remark(line: string): void
  /** The text with each command as the caller would type it: `npx tenant-router moves list`. */
  asCalled(text: string): string
  /** Whether a person sees the answer as it arrives. */
  readonly watched: boolean
  /** Width of the terminal that the answer goes to; undefined: it goes to a pipe or file. */
  columns(): number | undefined
  /** Whether a person can be asked. */
  readonly interactive: boolean
  /** Fires on Ctrl-C. */
  readonly interrupted: AbortSignal
}
