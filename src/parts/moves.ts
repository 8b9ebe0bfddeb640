import type { Logger } from 'pino'
import { startRounds } from '../concurrency/rounds.ts'
import type { Config } from '../config/config.ts'
import type { Database } from '../db/connect.ts'
import { startPolicyRounds } from '../moves/advice/policy-rounds.ts'
import { startReembedRounds } from '../moves/batch/reembed-rounds.ts'
import type { Paces } from '../moves/pace/pace-stores.ts'
import { Mover } from '../moves/runner/mover.ts'
import type { RunMoveDeps } from '../moves/runner/run-move.ts'
import { moverSlots } from '../moves/state/queue-limits.ts'
import { startSweep } from '../moves/sweep/sweep.ts'
import type { MoveSettings } from '../moves/sync/step.ts'
import type { MoveModels } from '../moves/transform/move-models.ts'
import { pacedModels } from '../moves/transform/paced-models.ts'
import type { RecentQueries } from '../moves/verify/recent-queries.ts'
import { verifyAgain } from '../moves/verify/verify-again.ts'
import { staleReadsMaxMs } from '../routing/lease/leased-routes.ts'
import type { VectorStore } from '../stores/store.ts'
import type { TenantSettings } from '../tenants/places/settings.ts'
import type { OpenEmbedder } from './embedders.ts'

export interface MoveParts {
  readonly database: Database
  readonly stores: VectorStore
  readonly paces: Paces
  readonly recentQueries: RecentQueries
  /** The embedding models as movers call them. */
  readonly models: MoveModels
  readonly log: Logger
  readonly settings: MoveSettings
  readonly at: RunMoveDeps['at'] | undefined
  readonly policyEveryMs: number
}

/** Settings of moves and tenants combined. */
export function moveSettingsOf(config: Config, tenantSettings: TenantSettings): MoveSettings & TenantSettings {
  const [{ name: project, cloud, indexLimit: projectIndexLimit }] = config.pinecone.projects
  const staleReadsMs = config.registryOutageReads === 'stale' ? staleReadsMaxMs : 0
  return { ...tenantSettings, project, cloud, projectIndexLimit, ...config.moves, readGraceMs: 20_000, staleReadsMs }
}

/** The embedding models for movers, and what they make of the tenants' questions. */
export function openMoveModels(
  models: readonly OpenEmbedder[],
  { reembedTokensPerMinute = 0 }: Pick<MoveSettings, 'reembedTokensPerMinute'>,
): MoveModels {
  const plain = models.map(({ forMoves, forSearch: { searchVector } }) => ({
    model: forMoves.model,
    dimension: forMoves.dimension,
    embed: forMoves.embed.bind(forMoves),
    ...(searchVector !== undefined && { searchVector }),
  }))
  return pacedModels(plain, reembedTokensPerMinute)
}

/** Starts this replica's mover, its sweep of unused places and its policy rounds. */
export async function openMoves(config: Config, parts: MoveParts): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack()
  const { database, stores, settings, log, at } = parts
  const { db } = database
  const { paces, recentQueries, models } = parts
  const deps = { stores, paces, recentQueries, models, settings, log, ...(at && { at }) }
  const mover = opening.use(new Mover(database, deps, { leaseMs: 15_000, maxMoves: moverSlots, pollMs: 2_000 }))
  await mover.start()
  opening.use(startSweep({ db, stores, settings, log }, { everyMs: 60_000, spreadMs: 15_000 }))
  const again = { db, stores: paces.slow(stores), log, settings }
  const onFault = (error: unknown) => log.warn({ err: error }, 'comparing the places of a soaking move failed')
  const everyMs = Math.min(60_000, settings.verifyAgainMs ?? 60_000)
  opening.use(
    startRounds((signal) => verifyAgain(again, signal), { everyMs, spreadMs: everyMs / 4, first: 'later', onFault }),
  )
  const policyDeps = { db, stores, log, settings, policy: config.movePolicy }
  opening.use(startPolicyRounds(policyDeps, { everyMs: parts.policyEveryMs }))
  const everyReembedMs = Math.min(parts.policyEveryMs, 5_000)
  opening.use(startReembedRounds({ db, stores, log, settings }, { everyMs: everyReembedMs }))
  return opening.move()
}
