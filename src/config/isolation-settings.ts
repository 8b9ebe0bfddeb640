import { optional } from './setting-groups.ts'
import type { SettingReader } from './setting-reader.ts'

/** Runs of `prove-isolation`. */
export interface IsolationSettings {
  /** 0: none by schedule. */
  readonly everyMs: number
  /** The deployment's public address; without it a run asks its own replica. */
  readonly url?: string
}

export function isolationOf(read: SettingReader): IsolationSettings {
  const everyMs = read.number('PROVE_ISOLATION_EVERY_H', { min: 0, max: 8760, fraction: true }) * 3_600_000
  return { everyMs, ...optional('url', read.url('PROVE_ISOLATION_URL')) }
}
