import type { FaultList } from '../../fault-list.ts'

/**
 * `markdown`: at headings, then paragraphs, then sentences; each chunk begins with the headings it stands under.
 * `sentences`: windows of whole sentences. `tokens`: windows of so many tokens, cut between words.
 */
export const chunkStrategies = ['markdown', 'sentences', 'tokens'] as const

export type ChunkStrategy = (typeof chunkStrategies)[number]

export interface ChunkRule {
  readonly strategy: ChunkStrategy
  /** Tokens of a chunk at most, the headings it begins with included. */
  readonly tokens: number
  /** Tokens that a chunk repeats of the one before, at most: whole sentences or words. */
  readonly overlap: number
}

/** What a caller asks for; what is left out is the tenant's or our default. */
export interface Chunking {
  readonly strategy?: string | undefined
  readonly tokens?: number | undefined
  readonly overlap?: number | undefined
}

/** Of one text; more are not looked for, or a text of nothing but borders would fill the memory. */
export const chunksMax = 10_000

const tokensDefault = 256
const chunkTokensMin = 32
/** With a chunk's bytes bounded by its tokens, the text and the document's metadata fit the store's 40 KB together. */
const chunkTokensMax = 1_024

/** The default, which needs no thought. @param maxTokens of a text that the embedding model was made for. */
export function chunkRule(maxTokens: number = tokensDefault): ChunkRule {
  return sized('markdown', Math.min(tokensDefault, maxTokens))
}

/**
 * The rule for one document: what its caller asked for, over what its tenant's attributes say (`chunking`,
 * `chunkTokens`, `chunkOverlap`), over our default. Staff's attributes are free words: one that can't be, or that the
 * present model doesn't take, is no reason to refuse a tenant's document, and is passed over.
 *
 * @param model its `maxTokens`: a chunk is never longer.
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
