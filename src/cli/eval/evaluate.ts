import { mean, ndcgAt, type Ranking, recallAt, reciprocalRank } from '../../moves/evaluate/metrics.ts'
import type { FoundChunk, PublicApi, Said } from './public-api.ts'
import type { SetQuestion } from './question-set.ts'

export const modes = ['dense', 'hybrid', 'reranked'] as const
export type Mode = (typeof modes)[number]

export interface ModeReport {
  readonly mode: Mode
  /** The lexical search and the reranker that ran, where the service reports them. */
  readonly by?: FoundChunk['search']
  /** Recall by k. */
  readonly recall: Readonly<Record<string, number>>
  readonly ndcgAt10: number
  /** Mean of 1 / the rank of the first relevant answer, within `depth`. */
  readonly mrr: number
  /** Questions without a relevant answer among the first matches, up to the largest k. */
  readonly missed: readonly string[]
}

/** A mode that the service does not offer, and the service's reason. */
export interface RefusedMode {
  readonly mode: Mode
  readonly refused: string
}

export interface EvaluateOptions {
  readonly ks: readonly number[]
  /** Matches requested for each question; they cover fewer documents, since a document has several chunks. */
  readonly depth: number
  /** Called after each question of each mode. */
  readonly onDone?: () => void
}

/** Concurrent questions: enough to keep the service busy, few enough for any limit. */
const atOnce = 4

/** Asks every question in one mode and measures the rankings. */
export async function evaluate(
  api: PublicApi,
  all: readonly SetQuestion[],
  mode: Mode,
  { ks, depth, onDone }: EvaluateOptions,
): Promise<ModeReport | RefusedMode> {
  const set = all.filter(isAnswerable)
  if (set.length === 0) return { mode, refused: 'the set has no question with an answer to look for' }
  const found: FoundChunk[] = []
  for (let at = 0; at < set.length; at += atOnce) {
    const asked = set.slice(at, at + atOnce)
    const answers = await Promise.all(asked.map(({ question }) => api.retrieve(requestOf(mode, question, depth))))
    for (const answer of answers) {
      if ('refused' in answer) return { mode, refused: answer.refused }
      found.push(answer)
      onDone?.()
    }
  }
  return { mode, ...(found[0]?.search && { by: found[0].search }), ...measure(set, found, ks) }
}

function requestOf(mode: Mode, query: string, topK: number): Readonly<Record<string, unknown>> {
  const plain = { query, topK }
  switch (mode) {
    case 'dense':
      return { ...plain, mode: 'dense' }
    case 'hybrid':
      return { ...plain, mode: 'hybrid' }
    case 'reranked':
      return { ...plain, mode: 'hybrid', rerank: { candidates: topK } }
  }
}

function measure(set: readonly SetQuestion[], found: readonly FoundChunk[], ks: readonly number[]) {
  const rows = set.map(({ question, of, relevant }, at) => {
    return { question, relevant, ranking: rankingOf(found[at]?.matches ?? [], of) }
  })
  const average = (value: (ranking: Ranking, relevant: ReadonlySet<string>) => number) =>
    Number(mean(rows.map(({ ranking, relevant }) => value(ranking, relevant))).toFixed(4))
  const deepest = Math.max(...ks)
  return {
    recall: Object.fromEntries(ks.map((k) => [k, average((ranking, relevant) => recallAt(k, ranking, relevant))])),
    ndcgAt10: average((ranking, relevant) => ndcgAt(10, ranking, relevant)),
    mrr: average(reciprocalRank),
    missed: rows.flatMap(({ question, ranking, relevant }) =>
      recallAt(deepest, ranking, relevant) === 0 ? [question] : [],
    ),
  }
}

function rankingOf(matches: FoundChunk['matches'], of: SetQuestion['of']): Ranking {
  const ids = matches.flatMap(({ id, documentId }) => (of === 'chunk' ? [id] : documentId === null ? [] : [documentId]))
  return [...new Set(ids)]
}

export interface AnswersReport {
  readonly answeredBy: string
  /** Questions with an answer in the documents: how many were answered, and how many of those cite it. */
  readonly answerable: { readonly asked: number; readonly answered: number; readonly citedRight: number }
  /** Questions without an answer in the documents: how many the service declined. */
  readonly unanswerable: { readonly asked: number; readonly toldSo: number }
  /** Unanswerable questions that the service answered anyway. */
  readonly made: readonly string[]
}

/** Has every question answered in the service's default mode: does it answer what it can, and nothing else? */
export async function evaluateAnswers(api: PublicApi, set: readonly SetQuestion[]): Promise<AnswersReport> {
  const rows: { readonly asked: SetQuestion; readonly said: Said }[] = []
  for (let at = 0; at < set.length; at += atOnce) {
    const asked = set.slice(at, at + atOnce)
    rows.push(...(await Promise.all(asked.map(async (one) => ({ asked: one, said: await api.answer(one.question) })))))
  }
  const answered = rows.filter(({ said }) => said.answeredBy !== 'none')
  const answerable = answered.filter(({ asked }) => isAnswerable(asked))
  const asked = set.filter(isAnswerable).length
  const made = answered.filter(({ asked }) => !isAnswerable(asked)).map(({ asked }) => asked.question)
  const citedRight = answerable.filter(({ asked: { of, relevant }, said }) =>
    said.citations.some(({ id, documentId }) => relevant.has(of === 'chunk' ? id : (documentId ?? ''))),
  )
  return {
    answeredBy: answered[0]?.said.answeredBy ?? 'none',
    answerable: { asked, answered: answerable.length, citedRight: citedRight.length },
    unanswerable: { asked: set.length - asked, toldSo: set.length - asked - made.length },
    made,
  }
}

function isAnswerable({ relevant }: SetQuestion): boolean {
  return relevant.size > 0
}
