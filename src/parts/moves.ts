import type { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { startRounds } from '../concurrency/rounds.ts'
import type { Config } from '../config/config.ts'
import type { Database } from '../db/connect.ts'
import type { Embedder } from '../models/embedder.ts'
import { startPolicyRounds } from '../moves/advice/policy-rounds.ts'
import { startReembedRounds } from '../moves/batch/reembed-rounds.ts'
import type { Paces } from '../moves/pace/pace-stores.ts'
import { Mover } from '../moves/runner/mover.ts'
import type { RunMoveDeps } from '../moves/runner/run-move.ts'
import { moverSlots } from '../moves/state/queue-limits.ts'
import { startSweep } from '../moves/sweep/sweep.ts'
import type { MoveSettings, QuestionSource } from '../moves/sync/step.ts'
import type { MoveModels } from '../moves/transform/move-models.ts'
import { type PlainModel, pacedModels } from '../moves/transform/paced-models.ts'
import { verifyAgain } from '../moves/verify/verify-again.ts'
import { staleReadsMaxMs } from '../routing/lease/leased-routes.ts'
import type { VectorStore } from '../stores/store.ts'
import type { TenantSettings } from '../tenants/places/settings.ts'
import type { OpenEmbedder } from './embedders.ts'

/** The parts of a mover; on a thread of its own they are that thread's. */
export interface MoverParts {
  readonly database: Database
  readonly stores: VectorStore
  readonly paces: Paces
  readonly recentQueries: QuestionSource
  /** The embedding models for records. */
  readonly models: MoveModels
  readonly log: Logger
  readonly settings: MoveSettings
  readonly at?: RunMoveDeps['at'] | undefined
}

/** Settings of moves and tenants combined. */
export function moveSettingsOf(config: Config, tenantSettings: TenantSettings): MoveSettings & TenantSettings {
  const [{ name: project, cloud, indexLimit: projectIndexLimit }] = config.pinecone.projects
  const staleReadsMs = config.registryOutageReads === 'stale' ? staleReadsMaxMs : 0
  return { ...tenantSettings, project, cloud, projectIndexLimit, ...config.moves, readGraceMs: 20_000, staleReadsMs }
}

/** The share of a move's token budget that is kept for questions: beside its records there are few. */
const questionShare = 0.1

type TokenBudget = Pick<MoveSettings, 'reembedTokensPerMinute'>

/** The embedding models for the records of moves. */
export function openMoveModels(
  models: readonly Pick<OpenEmbedder, 'forMoves'>[],
  { reembedTokensPerMinute = 0 }: TokenBudget,
): MoveModels {
  const plain = models.map(({ forMoves }) => plainModel(forMoves))
  return pacedModels(plain, reembedTokensPerMinute * (1 - questionShare))
}

/** The embedding models for questions that are asked of the other model of a move, and what they make of them. */
export function openQuestionModels(
  models: readonly Pick<OpenEmbedder, 'forMoveQuestions' | 'forSearch'>[],
  { reembedTokensPerMinute = 0 }: TokenBudget,
): MoveModels {
  const plain = models.map(({ forMoveQuestions, forSearch: { searchVector } }) => ({
    ...plainModel(forMoveQuestions),
    ...(searchVector !== undefined && { searchVector }),
  }))
  return pacedModels(plain, reembedTokensPerMinute * questionShare)
}

function plainModel(embedder: Embedder): PlainModel {
  return { model: embedder.model, dimension: embedder.dimension, embed: embedder.embed.bind(embedder) }
}

/** Starts a mover, and the comparisons of moves that soak: whatever reads whole records. */
export async function openMover(parts: MoverParts): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack()
  const { database, stores, settings, log, at, paces, recentQueries, models } = parts
  const deps = { stores, paces, recentQueries, models, settings, log, ...(at && { at }) }
  const mover = opening.use(new Mover(database, deps, { leaseMs: 15_000, maxMoves: moverSlots, pollMs: 2_000 }))
  await mover.start()
  const again = { db: database.db, stores: paces.slow(stores), log, settings }
  const onFault = (error: unknown) => log.warn({ err: error }, 'comparing the places of a soaking move failed')
  const everyMs = Math.min(60_000, settings.verifyAgainMs ?? 60_000)
  opening.use(
    startRounds((signal) => verifyAgain(again, signal), { everyMs, spreadMs: everyMs / 4, first: 'later', onFault }),
  )
  return opening.move()
}

/** Starts this replica's sweep of unused places, and the rounds that begin moves. */
export function openMoveRounds(
  { movePolicy: policy }: Pick<Config, 'movePolicy'>,
  { database: { db }, stores, settings, log }: Pick<MoverParts, 'database' | 'stores' | 'settings' | 'log'>,
  { policyEveryMs = 60_000 }: Pick<MovesOverrides, 'policyEveryMs'>,
): AsyncDisposable {
  const opening = new AsyncDisposableStack()
  opening.use(startSweep({ db, stores, settings, log }, { everyMs: 60_000, spreadMs: 15_000 }))
  opening.use(startPolicyRounds({ db, stores, log, settings, policy }, { everyMs: policyEveryMs }))
  const everyReembedMs = Math.min(policyEveryMs, 5_000)
  opening.use(startReembedRounds({ db, stores, log, settings }, { everyMs: everyReembedMs }))
  return opening
}

/** Parts that a test replaces. */
export interface MovesOverrides {
  readonly policyEveryMs?: number
  /** Gets each thread of a mover when it is started. */
  readonly onMoverThread?: (thread: Worker) => void
}
