import type { MoveView, PlaceView, WaitView } from '../../moves/show-move.ts'
import type { Evaluation } from '../../moves/state/evaluation.ts'
import type { Replay } from '../../moves/state/verification.ts'
import { exactTime, timeWords } from './relative-time.ts'
import { wrapped } from './table.ts'

/** Width of the text where it goes to no terminal. */
const usualWidth = 80

interface TextStyle {
  readonly width: number
  readonly time: (iso: string) => string
}

/**
 * A move for a person: its progress, what it waits for, and the possible next steps.
 * @param columns width of the terminal; without one, times are only exact
 */
export function moveText(move: MoveView, columns?: number): readonly string[] {
  const style = columns === undefined ? { width: usualWidth, time: exactTime } : { width: columns, time: timeWords }
  const { time } = style
  const { waitsFor, error } = move
  const dirty = `${count(move.dirty.touched)} record(s) meanwhile, ${count(move.dirty.unsynced)} still to be copied`
  const held = move.writePauseMs === null ? undefined : `for ${count(move.writePauseMs)} ms by the switch`
  return [
    ...fields('', style, {
      move: `${move.kind} of ${move.tenantId} (${move.id})`,
      state: stateWords(move),
      progress: progressWords(move),
      from: placeWords(move, move.source),
      to: move.target === null ? 'not chosen yet' : placeWords(move, move.target),
      written: dirty,
      verified: verifiedWords(move.verified),
      ...embeddingFields(move),
      'writes held': held,
      mover: move.mover ?? undefined,
      started: `${time(move.createdAt)} by ${move.createdBy}`,
      switched: move.switchedAt === null ? undefined : time(move.switchedAt),
      'way back': move.retainUntil === null || move.endedAt !== null ? undefined : `until ${time(move.retainUntil)}`,
      ended: move.endedAt === null ? undefined : time(move.endedAt),
      error: error ?? undefined,
    }),
    ...(waitsFor === null ? [] : ['', 'It waits:', ...waitLines(move.gate, waitsFor, style)]),
    ...nextLines(move, style),
  ]
}

/** Tells what a move to another model embedded, and how well both places find what is asked. */
function embeddingFields({ embedding, verification }: MoveView): Readonly<Record<string, string | undefined>> {
  if (embedding === null || embedding === undefined) return {}
  const { from, to, tokens, maxRecallLoss, recallAccepted, evaluation } = embedding
  const byModel = verification?.reembedded?.recordsByModel
  const accepted = recallAccepted ? ', accepted by a person' : ''
  return {
    models: `${from} → ${to}, ${count(tokens)} token(s) embedded`,
    'made by': byModel?.map(({ model, records }) => `${model} ${count(records)} record(s)`).join(', '),
    recall: evaluation === null ? undefined : recallWords(evaluation),
    demanded: maxRecallLoss === null ? undefined : `recall@5 lower by ${maxRecallLoss} at most${accepted}`,
    'same answers': replayWords(verification?.replayed),
  }
}

function recallWords({ questions, before, after }: Evaluation): string {
  const at5 = ({ recall }: Evaluation['before']) => (recall['5'] ?? 0).toFixed(3)
  return `recall@5 ${at5(before)} now, ${at5(after)} in the new place (${count(questions)} question(s))`
}

function replayWords(replay: Replay | undefined): string | undefined {
  if (replay === undefined) return undefined
  const { queries, meanOverlapAt10, meanRankShift } = replay
  const shift = meanRankShift === undefined ? '' : `, those shifted by ${meanRankShift} rank(s)`
  return `overlap@10 ${meanOverlapAt10} in ${count(queries)} recent question(s)${shift}`
}

function verifiedWords(verified: MoveView['verified']): string | undefined {
  if (verified === null || verified === undefined) return undefined
  const { ageS, isStale, different } = verified
  const differ = different === 0 ? '' : `; ${count(different)} record(s) differ that nobody wrote`
  return `${duration(ageS)} ago${isStale ? ', stale' : ''}${differ}`
}

function waitLines(words: string | null, wait: WaitView, style: TextStyle): readonly string[] {
  const { time } = style
  const next = wait.nextTryAt === null ? 'checked continuously' : `the next at ${time(wait.nextTryAt)}`
  return fields('  ', style, {
    for: words ?? wait.kind,
    kind: `${wait.kind}, a row of docs/runbook.md`,
    record: wait.record ?? undefined,
    replica: wait.replica ?? undefined,
    operation: wait.operation ?? undefined,
    index: wait.index ?? undefined,
    count: wait.count === null ? undefined : count(wait.count),
    tries: `${count(wait.tries)}, ${next}`,
    since: `${time(wait.since)}, for ${duration(wait.ageS)}`,
    until: wait.until === null ? undefined : `${time(wait.until)} at the latest`,
  })
}

/** Puts each command on its own line and never breaks it, so that it can be pasted. */
function nextLines({ nextSteps, waitsFor }: MoveView, { width }: TextStyle): readonly string[] {
  if (nextSteps.length === 0) return []
  const title = waitsFor?.kind === 'needs_person' ? 'A person has to choose:' : 'What can be done:'
  return [
    '',
    title,
    ...nextSteps.flatMap(({ command, effect }) => [`  ${command}`, ...wrapped(effect, '      ', '      ', width)]),
  ]
}

function stateWords({ state, requested }: MoveView): string {
  const words = state.replaceAll('_', ' ')
  return requested === null ? words : `${words}; ${requested} is asked for`
}

function progressWords({ progress: { copied, verified, total, percent, etaS } }: MoveView): string {
  if (total === null) return 'not counted yet'
  const left = etaS === null ? '' : `, about ${duration(etaS)} left`
  return `${percent} %: ${count(copied)} copied and ${count(verified)} compared of ${count(total)}${left}`
}

function placeWords({ kind: move }: MoveView, { index, kind, project, region }: PlaceView): string {
  const where = move === 'relocate' ? ` in ${region}` : ''
  return `${index}, ${kind === 'silo' ? 'an index of its own' : 'a shared index'}${where}, project ${project}`
}

/** Lines of a name and a value. Fields without a value are left out; long values continue below themselves. */
function fields(
  indent: string,
  { width }: TextStyle,
  values: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const named = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const names = Math.max(...named.map(([name]) => name.length))
  const below = ' '.repeat(indent.length + names + 2)
  return named.flatMap(([name, value]) =>
    wrapped(value.replace(/\s+/g, ' '), `${indent}${name.padEnd(names)}  `, below, width),
  )
}

function count(number: number): string {
  return number.toLocaleString('en')
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3_600)} h`
}
