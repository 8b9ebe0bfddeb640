import type { MoveView } from '../../moves/show-move.ts'
import type { PlaceScores } from '../../moves/state/evaluation.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import { resolveId } from '../kit/resolve-id.ts'
import { showList } from '../kit/show.ts'
import type { ReadOptions } from '../kit/verb.ts'
import type { SetQuestion } from './question-set.ts'

interface BothPlaces {
  readonly tenant: string
  readonly move: string
  readonly set: readonly SetQuestion[]
}

/** Has both places of a move to another model asked a set of questions, and shows the figures beside each other. */
export async function evaluateBothPlaces(
  context: Context,
  options: ReadOptions,
  { tenant, move: typed, set }: BothPlaces,
): Promise<void> {
  const api = await context.api()
  const path = `/moves/${encodeURIComponent(await resolveId(api, 'move', typed))}`
  const { tenantId } = await api.send<MoveView>({ method: 'GET', path })
  if (tenantId !== tenant) throw new CliError('usage', `The move is of tenant ${tenantId}, not of ${tenant}.`)
  const questions = set
    .filter(({ relevant }) => relevant.size > 0)
    .map(({ question, of, relevant }) => ({ question, of, relevant: [...relevant] }))
  if (questions.length === 0) throw new CliError('usage', 'The set has no question with an answer to look for.')
  const move = await api.send<MoveView>({ method: 'POST', path: `${path}/evaluation`, body: { questions } })
  const evaluation = move.embedding?.evaluation
  if (evaluation === null || evaluation === undefined) throw new CliError('failed', 'The answer has no figures.')
  if (options.json) {
    context.writeJson({ tenantId, move: move.id, state: move.state, gate: move.gate, ...evaluation })
    return
  }
  const items = [
    { place: 'now', ...evaluation.before },
    { place: 'new', ...evaluation.after },
  ]
  showList(context, options, { items }, columns(evaluation.before))
  const wait = move.gate === null ? '' : ` It waits: ${move.gate}`
  context.remark(`${evaluation.questions} question(s). The move is ${move.state.replaceAll('_', ' ')}.${wait}`)
}

type Row = PlaceScores & { readonly place: string }

function columns({ recall }: PlaceScores): Readonly<Record<string, (row: Row) => unknown>> {
  const recalls = Object.keys(recall).map((k) => [`RECALL@${k}`, (row: Row) => row.recall[k]?.toFixed(3)] as const)
  return {
    PLACE: ({ place }) => place,
    MODEL: ({ model }) => model,
    ...Object.fromEntries(recalls),
    'NDCG@10': ({ ndcgAt10 }) => ndcgAt10.toFixed(3),
    MRR: ({ mrr }) => mrr.toFixed(3),
  }
}
