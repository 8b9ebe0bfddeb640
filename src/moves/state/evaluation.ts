import type { StopReason } from './stop-reason.ts'

/** How well one place of a move finds the answers of a set of questions, by its own model. */
export interface PlaceScores {
  readonly model: string
  /** Share of the answers among the first k, by k; 0 to 1. */
  readonly recall: Readonly<Record<string, number>>
  readonly ndcgAt10: number
  readonly mrr: number
}

/** Both places of a move to another model, asked the same questions; stored with the move, without the questions. */
export interface Evaluation {
  /** ISO 8601. */
  readonly at: string
  readonly by: string
  readonly questions: number
  readonly before: PlaceScores
  readonly after: PlaceScores
}

/** A move's demand on its recall, and what is known of it, as its row has them. */
interface RecallDemand {
  /** How much lower the recall may be afterwards; null: nothing is demanded. */
  readonly maxRecallLoss: number | null
  /** Whether a person lets the move go on all the same. */
  readonly recallAccepted: boolean
  readonly evaluation: Evaluation | null
}

/** The recall that is demanded: of as many matches as a search returns unless it says otherwise. */
const demandedK = 5

/** Differences of shares are not exact in binary. */
const rounding = 1e-9

/** Why a move may not switch by what it demands of its recall; undefined when it may. */
export function whyRecallStops({ maxRecallLoss, recallAccepted, evaluation }: RecallDemand): StopReason | undefined {
  if (maxRecallLoss === null || recallAccepted) return undefined
  const demand = `recall@${demandedK} may be lower by ${maxRecallLoss} at most`
  if (evaluation === null)
    return { words: `Its ${demand}, and nobody has measured it yet.`, records: 0, ofRecall: 'unmeasured' }
  const { before, after, questions } = evaluation
  const [now, then] = [before, after].map(({ recall }) => recall[demandedK] ?? 0) as [number, number]
  if (now - then <= maxRecallLoss + rounding) return undefined
  const words = `recall@${demandedK} of ${questions} question(s) is ${shown(then)} by ${after.model} and ${shown(now)} by ${before.model}: lower by ${shown(now - then)}, where ${maxRecallLoss} at most is accepted.`
  return { words, records: 0, ofRecall: 'lower' }
}

function shown(share: number): string {
  return share.toFixed(3)
}
