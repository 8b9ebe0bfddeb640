import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import { Mover } from '../moves/mover.ts'
import type { Paces } from '../moves/pace-stores.ts'
import { startPolicyRounds } from '../moves/policy-rounds.ts'
import { moverSlots } from '../moves/queue-limits.ts'
import type { RecentQueries } from '../moves/recent-queries.ts'
import type { RunMoveDeps } from '../moves/run-move.ts'
import type { MoveSettings } from '../moves/step.ts'
import { startSweep } from '../moves/sweep.ts'
import { staleReadsMaxMs } from '../registry/leased-routes.ts'
import type { VectorStore } from '../stores/store.ts'
import type { TenantSettings } from '../tenants/settings.ts'

export interface MoveParts {
  readonly database: Database
  readonly stores: VectorStore
  readonly paces: Paces
  readonly recentQueries: RecentQueries
  readonly log: Logger
  readonly settings: MoveSettings
  readonly at: RunMoveDeps['at'] | undefined
  readonly policyEveryMs: number
}

/** What moves go by: the settings of tenants and moves together. */
export function moveSettingsOf(config: Config, tenantSettings: TenantSettings): MoveSettings & TenantSettings {
  const [{ name: project, cloud, indexLimit: projectIndexLimit }] = config.pinecone.projects
  const staleReadsMs = config.registryOutageReads === 'stale' ? staleReadsMaxMs : 0
  return { ...tenantSettings, project, cloud, projectIndexLimit, ...config.moves, readGraceMs: 20_000, staleReadsMs }
}

/** This replica's mover, its sweep of dead places and its rounds of the policy. */
export async function openMoves(config: Config, parts: MoveParts): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack()
  const { database, stores, settings, log, at } = parts
  const { db } = database
  const { paces, recentQueries } = parts
  const deps = { stores, paces, recentQueries, settings, log, ...(at && { at }) }
  const mover = opening.use(new Mover(database, deps, { leaseMs: 15_000, maxMoves: moverSlots, pollMs: 2_000 }))
  await mover.start()
  opening.use(startSweep({ db, stores, settings, log }, { everyMs: 60_000, spreadMs: 15_000 }))
  const policyDeps = { db, stores, log, settings, policy: config.movePolicy }
  opening.use(startPolicyRounds(policyDeps, { everyMs: parts.policyEveryMs }))
  return opening.move()
}
