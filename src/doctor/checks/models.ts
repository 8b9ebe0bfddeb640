import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/connect.ts'
import type { Embedder } from '../../models/embedder.ts'
import { openAnswerer } from '../../parts/answers.ts'
import { openEmbedder } from '../../parts/embedders.ts'
import { openReranker } from '../../parts/reranker.ts'
import { indexesWithoutModel } from '../../registry/indexes-without-model.ts'
import { type Finding, fail, ok, shownUrl, warn, withCauses } from './finding.ts'

type ModelSettings = Config['embedding']

interface Patience {
  readonly limitMs: number
  readonly signal: AbortSignal
}

/** No provider takes more of them in one request, and each costs a token. */
const textsMax = 2_048

/** Reach, dimension and batch limit of an embedding model, found by asking it. */
export async function checkEmbedder(
  settings: ModelSettings,
  { limitMs, signal }: Patience,
): Promise<readonly Finding[]> {
  const check = `model ${settings.name}`
  const sizes = new RequestSizes()
  try {
    await using embedder = await openEmbedder(settings, { timeoutMs: limitMs, maxRetries: 1, fetch: sizes.fetch })
    await embedder.embed(['tenant-router doctor'], { signal })
    const found = `gives vectors of ${settings.dimension} dimensions, as declared`
    if (settings.provider === 'local') return [ok(check, found)]
    return [ok(check, found), await batchFinding(check, settings, embedder, sizes, signal)]
  } catch (error) {
    return [fail(check, withCauses(error), fixOfModel(withCauses(error), settings))]
  }
}

async function batchFinding(
  check: string,
  { maxBatch }: ModelSettings,
  embedder: Embedder,
  sizes: RequestSizes,
  signal: AbortSignal,
): Promise<Finding> {
  const asked = Math.min(maxBatch, textsMax)
  try {
    await embedder.embed(
      Array.from({ length: asked }, () => 'a'),
      { signal },
    )
  } catch (error) {
    const fix = 'Set EMBEDDING_BATCH (`batch` in the file of EMBEDDING_MODELS) to what its documentation allows.'
    return warn(check, `does not take ${asked} texts, in one request or in several: ${withCauses(error)}`, fix)
  }
  if (sizes.refused === undefined) return ok(check, `takes ${asked} texts a request`)
  const found = `takes ${sizes.taken} texts a request and refuses ${sizes.refused}`
  const fix = `Set EMBEDDING_BATCH (\`batch\` in the file of EMBEDDING_MODELS) to ${sizes.taken}: it spares each replica the refused requests.`
  return warn(check, found, fix)
}

/** Sends requests for embeddings, and notes how many texts were taken and refused. */
class RequestSizes {
  /** The most texts of a request that was answered. */
  taken = 0
  /** The fewest texts of a request that was refused. */
  refused: number | undefined

  readonly fetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const texts = countOf(init?.body)
    if (response.ok) this.taken = Math.max(this.taken, texts)
    else if (texts > 1 && response.status < 429) this.refused = Math.min(this.refused ?? texts, texts)
    return response
  }
}

function countOf(body: unknown): number {
  const { input } = typeof body === 'string' ? JSON.parse(body) : { input: [] }
  return Array.isArray(input) ? input.length : 0
}

function fixOfModel(words: string, { name }: ModelSettings): string {
  if (/dimensions/.test(words)) {
    return `Set EMBEDDING_DIMENSION (\`dimension\` of ${name} in the file of EMBEDDING_MODELS) to what it gives, or name the model that gives the other; indexes keep their own.`
  }
  if (/credentials/.test(words))
    return 'Set OPENAI_API_KEY, or the variable that the model names in EMBEDDING_MODELS, to a valid key.'
  if (/quota/.test(words)) return "Pay or raise the provider's plan."
  return "Check OPENAI_BASE_URL (`baseUrl` in the file of EMBEDDING_MODELS), the model's name, and this machine's way out."
}

/** Reach of the model that writes answers. */
export async function checkAnswerer(
  settings: Config['answer'],
  { limitMs, signal }: Patience,
): Promise<readonly Finding[]> {
  const check = 'answer model'
  if (settings.provider === 'extractive') return [ok(check, 'answers are quoted from passages; no model is asked')]
  if (settings.model === undefined) {
    return [warn(check, 'is not set: /answer is refused', 'Set ANSWER_MODEL, or ANSWER_PROVIDER=extractive.')]
  }
  try {
    await using answerer = await openAnswerer(settings, undefined, undefined, { silenceMs: limitMs, maxRetries: 1 })
    const parts = await answerer.write(
      {
        question: 'Is this service there?',
        sources: [{ number: 1, text: 'The service is there.' }],
        prompt: { system: 'Answer with one word.', user: 'Say: yes' },
      },
      { signal },
    )
    for await (const _ of parts) break
    return [ok(check, `${settings.model} answers`)]
  } catch (error) {
    return [
      fail(check, `${settings.model}: ${withCauses(error)}`, 'Check ANSWER_MODEL, OPENAI_BASE_URL and OPENAI_API_KEY.'),
    ]
  }
}

/** Reach of the reranker. */
export async function checkReranker(settings: Config['rerank'], signal: AbortSignal): Promise<readonly Finding[]> {
  const check = 'reranker'
  if (settings === undefined) return [ok(check, 'is the lexical one; no endpoint is asked')]
  try {
    await openReranker(settings, undefined).rerank('refunds', ['Refunds take a week.', 'The bell is blue.'], { signal })
    return [ok(check, `${shownUrl(settings.url)} scores texts`)]
  } catch (error) {
    return [fail(check, withCauses(error), 'Check RERANK_URL, RERANK_SHAPE, RERANK_MODEL and RERANK_API_KEY.')]
  }
}

/** Indexes whose model no setting names. */
export async function checkIndexModels(db: Db, models: readonly ModelSettings[]): Promise<readonly Finding[]> {
  const sentences = await indexesWithoutModel(db, models)
  const fix = 'Put that model into the file of EMBEDDING_MODELS.'
  return sentences.map((words) => fail('models of indexes', words, fix))
}
