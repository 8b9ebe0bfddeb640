import { isSameSpace } from '../placement/placement.ts'
import type { Evaluation } from './state/evaluation.ts'
import type { MoveRow } from './state/move-history.ts'
import type { MovePlaces } from './state/read-places.ts'
import { spaceOf } from './target/target-spec.ts'

/** A move to another embedding model, as staff see it. */
export interface MoveEmbedding {
  /** The models of the old place and of the new one. */
  readonly from: string
  readonly to: string
  /** Tokens that the copy had embedded. */
  readonly tokens: number
  /** How much lower the recall may be afterwards; null: nothing is demanded. */
  readonly maxRecallLoss: number | null
  /** Whether a person accepted a recall that was lower than demanded, or unknown. */
  readonly recallAccepted: boolean
  /** The last comparison of both places by a set of questions; null: there was none. */
  readonly evaluation: Evaluation | null
}

/** Null for a move that copies vectors as they are. */
export function embeddingOf(row: MoveRow, { source, target }: MovePlaces): MoveEmbedding | null {
  const from = source.index.embeddingModel
  const to = target?.index.embeddingModel ?? row.wantedModel ?? from
  const isSame = target === undefined ? from === to : isSameSpace(spaceOf(source.index), spaceOf(target.index))
  if (isSame) return null
  const { embeddedTokens: tokens, maxRecallLoss, recallAccepted, evaluation } = row
  return { from, to, tokens, maxRecallLoss, recallAccepted, evaluation }
}
