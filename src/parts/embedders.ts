import type { Config } from '../config/config.ts'
import type { WordVectors } from '../lexical/word-vectors.ts'
import type { Embedder, TenantEmbedder } from '../models/embedder.ts'
import type { OpenAiEmbedderOptions } from '../models/openai.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { type Tracer, tracedFetch } from '../tracing/tracer.ts'
import type { OpenGuards } from './guards.ts'
import { timedEmbedder } from './timed-models.ts'
import { tracedEmbedder } from './tracing.ts'

type ModelSettings = Config['embedding']

/** A configured model, opened, with what limits and searches need to know of it. */
export interface OpenEmbedder {
  readonly embedder: Embedder
  readonly provider: ModelSettings['provider']
  /** The same for the records that moves embed: bulk work, in no queue with the tenants' questions. */
  readonly forMoves: Embedder
  /** The same for questions that a move asks of its model: few, and nobody waits for them. */
  readonly forMoveQuestions: Embedder
  /** Related words and adjusted vectors of questions, for a model that has them. */
  readonly forSearch: Pick<TenantEmbedder, 'words' | 'searchVector'>
}

/**
 * Opens every configured model, measured and traced.
 * @param stack closes them.
 */
export async function openEmbedders(
  { embeddingModels, patience }: Pick<Config, 'embeddingModels' | 'patience'>,
  { telemetry, tracer, replacements, guards }: EmbedderParts,
  stack: AsyncDisposableStack,
): Promise<readonly OpenEmbedder[]> {
  const opened: OpenEmbedder[] = []
  const calls = { timeoutMs: patience.embeddingMs, ...(tracer && { fetch: tracedFetch(tracer) }) }
  const { embedder: first, moreEmbedders = [] } = replacements
  const standIns = first === undefined ? moreEmbedders : [first, ...moreEmbedders]
  for (const settings of embeddingModels) {
    const replacement = standIns.find(({ model }) => model === settings.name)
    const plain = timedEmbedder(
      replacement ?? stack.use(await openEmbedder(settings, { ...calls, guard: guards.embedders.of(settings.name) })),
      telemetry.steps,
    )
    const embedder = tracer === undefined ? plain : tracedEmbedder(plain, tracer, settings.provider)
    const ofMoves = replacement === undefined ? stack.use(await openForMoves(settings, calls)) : plain
    opened.push({
      embedder,
      provider: settings.provider,
      forMoves: ofMoves,
      forMoveQuestions: settings.provider === 'local' ? plain : ofMoves,
      forSearch: await openForSearch(settings),
    })
  }
  return opened
}

type EmbedderCalls = Pick<OpenAiEmbedderOptions, 'fetch' | 'timeoutMs' | 'maxRetries' | 'guard'>

interface EmbedderParts {
  readonly telemetry: Telemetry
  readonly guards: Pick<OpenGuards, 'embedders'>
  readonly tracer: Tracer | undefined
  readonly replacements: EmbedderOverrides
}

/** Models that stand in for those of their names, for tests. */
export interface EmbedderOverrides {
  readonly embedder?: Embedder
  readonly moreEmbedders?: readonly Embedder[]
}

/**
 * Loads each provider only when used: the local encoder comes with optional packages, the OpenAI SDK loads slowly.
 * @param calls how a provider with an endpoint is called.
 */
export async function openEmbedder(settings: ModelSettings, calls: EmbedderCalls): Promise<Embedder> {
  const { provider } = settings
  const embedder =
    provider === 'local'
      ? await (await import('../models/local.ts')).startLocalEmbedder()
      : (await import('../models/openai.ts')).openAiEmbedder({
          ...settings,
          apiKey: settings.apiKey?.reveal(),
          ...calls,
        })
  return { ...embedder, ...namesOf(settings) }
}

/** Every configured model for a mover's thread, and nothing else of them. @param stack closes them. */
export async function openBulkEmbedders(
  { embeddingModels, patience }: Pick<Config, 'embeddingModels' | 'patience'>,
  tracer: Tracer | undefined,
  stack: AsyncDisposableStack,
): Promise<readonly Pick<OpenEmbedder, 'forMoves'>[]> {
  const calls = { timeoutMs: patience.embeddingMs, ...(tracer && { fetch: tracedFetch(tracer) }) }
  const opened: Pick<OpenEmbedder, 'forMoves'>[] = []
  for (const settings of embeddingModels) opened.push({ forMoves: stack.use(await openForMoves(settings, calls)) })
  return opened
}

/**
 * The model for movers: of the built-in encoder a thread of its own, started when a move needs it; of an endpoint a
 * client of its own, that no breaker of the tenants counts.
 */
async function openForMoves(
  settings: ModelSettings,
  calls: Pick<EmbedderCalls, 'fetch' | 'timeoutMs'>,
): Promise<Embedder> {
  if (settings.provider !== 'local') return openEmbedder(settings, { ...calls, maxRetries: 0 })
  return { ...(await import('../models/bulk-local.ts')).bulkLocalEmbedder(), ...namesOf(settings) }
}

function namesOf({ name, maxTokens }: ModelSettings): Pick<Embedder, 'model' | 'maxTokens'> {
  return { model: name, ...(maxTokens !== undefined && { maxTokens }) }
}

/** For the built-in encoder alone: its related words are English as it is, and its questions are alike. */
async function openForSearch({ provider }: ModelSettings): Promise<OpenEmbedder['forSearch']> {
  if (provider !== 'local') return {}
  const [{ loadEnglishWords }, { loadSearchVector }] = await Promise.all([
    import('../models/english-words.ts'),
    import('../models/question-direction.ts'),
  ])
  const [words, searchVector] = await Promise.all([loadEnglishWords(), loadSearchVector()])
  return { words, searchVector }
}

/** Related words for answers: fewer, so that they are quoted from what answers. */
export async function openAnswerWords({ provider }: ModelSettings): Promise<WordVectors | undefined> {
  return provider === 'local' ? (await import('../models/english-words.ts')).loadEnglishVectors() : undefined
}
