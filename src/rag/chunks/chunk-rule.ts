import type { FaultList } from '../../fault-list.ts'

/**
 * `markdown`: splits at headings, then paragraphs, then sentences; each chunk begins with the headings above it.
 * `sentences`: windows of whole sentences. `tokens`: windows of a number of tokens, cut between words.
 */
export const chunkStrategies = ['markdown', 'sentences', 'tokens'] as const

export type ChunkStrategy = (typeof chunkStrategies)[number]

export interface ChunkRule {
  readonly strategy: ChunkStrategy
  /** Tokens of a chunk, at most, including its headings. */
  readonly tokens: number
  /** Tokens that a chunk repeats of the previous one, at most: whole sentences or words. */
  readonly overlap: number
}

/** A caller's request; absent fields are the tenant's or our default. */
export interface Chunking {
  readonly strategy?: string | undefined
  readonly tokens?: number | undefined
  readonly overlap?: number | undefined
}

/** Chunks of one text, at most: a text of nothing but borders must not fill the memory. */
export const chunksMax = 10_000

const tokensDefault = 256
const chunkTokensMin = 32
/** Limits a chunk's bytes, so that its text and the document's metadata fit the store's 40 KB together. */
const chunkTokensMax = 1_024

/** The default rule. @param maxTokens per text for which the embedding model was trained. */
export function chunkRule(maxTokens: number = tokensDefault): ChunkRule {
  return sized('markdown', Math.min(tokensDefault, maxTokens))
}

/**
 * The rule for one document: the caller's request, then the tenant's attributes (`chunking`, `chunkTokens`,
 * `chunkOverlap`), then our default. Staff's attributes are free text: an invalid one, or one that the present model
 * does not support, is ignored instead of refusing the tenant's document.
 *
 * @param model its `maxTokens`: no chunk is longer.
 */
export function ruleOf(
  asked: Chunking,
  attributes: Readonly<Record<string, unknown>>,
  model: { readonly maxTokens?: number },
  faults: FaultList,
): ChunkRule {
  const most = Math.min(chunkTokensMax, model.maxTokens ?? chunkTokensMax)
  const faultsOf = (chunking: Chunking) => findFaults(chunking, most)
  for (const [field, fault] of faultsOf(asked)) faults.add(`chunking.${field}`, fault)
  const own = { strategy: attributes.chunking, tokens: attributes.chunkTokens, overlap: attributes.chunkOverlap }
  const wrong = new Set(faultsOf(own as Chunking).map(([field]) => field))
  const strategy = asked.strategy ?? (wrong.has('strategy') ? undefined : own.strategy)
  const tokens = asked.tokens ?? (wrong.has('tokens') ? undefined : own.tokens)
  const rule = sized(
    (strategy ?? 'markdown') as ChunkStrategy,
    (tokens as number | undefined) ?? chunkRule(most).tokens,
    asked.overlap ?? (wrong.has('overlap') || asked.tokens !== undefined ? undefined : (own.overlap as number)),
  )
  if (asked.overlap !== undefined && asked.overlap > rule.tokens / 2) {
    faults.add('chunking.overlap', `must be at most half of tokens, which is ${rule.tokens}`)
  }
  return rule
}

function sized(strategy: ChunkStrategy, tokens: number, overlap: number = Math.floor(tokens / 8)): ChunkRule {
  return { strategy, tokens, overlap: Math.min(overlap, Math.floor(tokens / 2)) }
}

function findFaults({ strategy, tokens, overlap }: Chunking, most: number): [keyof Chunking, string][] {
  const faults: [keyof Chunking, string][] = []
  if (strategy !== undefined && !(chunkStrategies as readonly string[]).includes(strategy)) {
    faults.push(['strategy', `must be one of ${chunkStrategies.join(', ')}`])
  }
  if (tokens !== undefined && !(Number.isInteger(tokens) && tokens >= chunkTokensMin && tokens <= most)) {
    faults.push(['tokens', `must be a whole number from ${chunkTokensMin} to ${most}`])
  }
  if (overlap !== undefined && !(Number.isInteger(overlap) && overlap >= 0 && overlap <= most / 2)) {
    faults.push(['overlap', `must be a whole number from 0 to ${Math.floor(most / 2)}`])
  }
  return faults
}
