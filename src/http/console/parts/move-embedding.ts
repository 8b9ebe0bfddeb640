import type { MoveView } from '../../../moves/show-move.ts'
import type { Evaluation } from '../../../moves/state/evaluation.ts'
import { type Fact, number } from './bits.ts'

/** Lists what a move to another model embedded anew, and how well both places find what is asked; none of another. */
export function embeddingFacts({
  embedding,
  verification,
}: Pick<MoveView, 'embedding' | 'verification'>): readonly Fact[] {
  if (embedding === null) return []
  const { from, to, tokens, maxRecallLoss, recallAccepted, evaluation } = embedding
  const byModel = verification?.reembedded?.recordsByModel ?? []
  return [
    { name: 'Model', value: `${to}, before ${from}` },
    { name: 'Tokens embedded', value: number(tokens) },
    ...(byModel.length === 0
      ? []
      : [
          {
            name: 'Vectors made by',
            value: byModel.map(({ model, records }) => `${model}: ${number(records)} records`).join(', '),
          },
        ]),
    ...(evaluation === null ? [] : [{ name: 'Answers found among the first five', value: recallText(evaluation) }]),
    ...(maxRecallLoss === null
      ? []
      : [
          {
            name: 'May be lower by',
            value: `${percent(maxRecallLoss)} at most${recallAccepted ? '; a person accepted it' : ''}`,
          },
        ]),
  ]
}

function recallText({ questions, before, after }: Evaluation): string {
  const atFive = ({ recall }: Evaluation['before']) => percent(recall['5'] ?? 0)
  return `${atFive(before)} by ${before.model}, ${atFive(after)} by ${after.model}, of ${number(questions)} questions`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
