import { html } from 'hono/html'
import type { MoveView } from '../../../moves/show-move.ts'
import type { GateKind } from '../../../moves/state/gate.ts'
import { withoutDecision } from '../../../moves/state/gate-words.ts'
import type { MoveState } from '../../../moves/state/move-state.ts'
import type { Html } from '../kit/html.ts'
import { number, when } from './bits.ts'
import { kindWords, plainly } from './words.ts'

/** Stretches of a move's way, each with the states that belong to it. */
const stretches: readonly { readonly name: string; readonly states: readonly MoveState[] }[] = [
  { name: 'Wait', states: ['queued'] },
  { name: 'Make the place', states: ['preparing', 'arming'] },
  { name: 'Copy', states: ['copying'] },
  { name: 'Compare', states: ['verifying'] },
  { name: 'Switch', states: ['fencing', 'switching'] },
  { name: 'Keep the old place', states: ['soaking'] },
  { name: 'Clear it', states: ['completing', 'completed'] },
]

/** The way of a move as steps, the present one marked. */
export function wayPart({ state, switchedAt }: MoveView): Html {
  const at = stretches.findIndex(({ states }) => states.includes(state))
  // A move that was stopped is in no stretch; the switch alone says how far it came.
  const reached = at === -1 ? (switchedAt === null ? 0 : 5) : at
  const isOver = state === 'completed'
  return html`<ol class="way" aria-label="The way of this move">${stretches.map(({ name }, position) => {
    const mark = position < reached || isOver ? 'done' : position === at ? 'now' : 'ahead'
    return html`<li class="${mark}"${mark === 'now' ? html` aria-current="step"` : ''}>${name}</li>`
  })}</ol>`
}

export function progressBar({ tenantId, progress, state }: MoveView): Html {
  const { percent, copied, total, etaS } = progress
  const known = total === null ? '' : `${number(copied)} of ${number(total)} records copied`
  const left = etaS === null ? '' : `, about ${etaText(etaS)} left`
  return html`<div class="bar"><progress max="100" value="${percent}" aria-label="Progress of ${tenantId}"></progress><span class="num">${percent} %</span></div>
${state === 'queued' || known === '' ? '' : html`<p class="quiet">${known}${left}</p>`}`
}

/** The obstacle that a move waits for, and what a person can do about it. */
export function gatePart({ gate, waitsFor, error, nextSteps }: MoveView, isPlain: boolean): Html | string {
  if (error !== null && gate === null) {
    return html`<div class="notice bad"><p class="title">It ended with a fault</p><p>${isPlain ? plainly(error, askTeam) : error}</p></div>`
  }
  if (gate === null || waitsFor === null) return ''
  const tone = waitsFor.kind === 'needs_person' || waitsFor.kind === 'moves_frozen' ? 'bad' : 'warn'
  const words = isPlain
    ? plainly(gate, 'It waits for something that ends by itself, or that the platform team sees to.')
    : withoutDecision(gate)
  const title = waitsFor.kind === 'needs_person' ? 'A person has to decide' : 'It waits'
  return html`<div class="notice ${tone}"><p class="title">${title}, since ${when(waitsFor.since)}</p><p>${sentence(words)}</p>${isPlain ? '' : html`<p class="todo">${gateAdvice[waitsFor.kind]}</p>${choicesPart(waitsFor.kind, nextSteps)}`}</div>`
}

/** Ways on that only the command line has, as commands to paste. */
function choicesPart(kind: GateKind, steps: MoveView['nextSteps']): Html | string {
  if (kind !== 'moves_frozen' && !steps.some(({ decides }) => decides?.acceptRecall)) return ''
  return html`<ul class="ways-on">${steps.map(({ command, effect }) => html`<li><code>${command}</code> ${effect}</li>`)}</ul>`
}

const askTeam = 'The platform team sees why.'

/** Advice about each gate, for somebody who does not know the machinery by heart. */
const gateAdvice: Readonly<Record<GateKind, string>> = {
  index_busy: 'Nothing: it begins when one of the others is done.',
  project_busy: 'Nothing: it begins when one of the others is done.',
  moves_frozen: 'Read the report of prove-isolation first. Moves begin again after its thaw.',
  movers_busy: 'Nothing: it begins when one of the others is done.',
  no_mover: 'Start a replica, or see why none runs: the moves are stored and go on by themselves.',
  index_starting: 'Wait. After ten minutes, look at the vendor’s own console.',
  replicas_behind: 'Wait. If it stays, restart the replica that is named.',
  write_in_doubt: 'Wait: it ends by itself at the time that is named.',
  write_under_way: 'Wait. If it stays, restart the replica that is named.',
  target_suspect: 'Wait: it ends by itself at the time that is named.',
  write_unproven: 'Wait until the store shows the last writes.',
  batch_under_way: 'Nothing: it goes on in a moment.',
  lag_unknown: 'Nothing: it goes on in a moment.',
  tail_too_long: 'Wait. If the app writes faster than the copy, pause what it loads in bulk.',
  store_late: 'Wait for a quieter moment, or raise FENCE_BUDGET_MS if your apps may wait longer.',
  switch_missed: 'Nothing: it is tried again. Writes go on.',
  writes_not_ended: 'Nothing: it is tried again.',
  not_shown_yet: 'Wait until the store shows the last writes.',
  deletion_not_shown: 'Wait until the store shows that it is gone.',
  slow_reads: 'Wait: it ends by itself at the time that is named.',
  stale_reader: 'Wait: it ends by itself at the time that is named.',
  step_failed: 'It is tried again. If it stays, look at what the fault says.',
  paused: 'Resume it when you are ready.',
  needs_person: 'Decide. Nothing goes on before somebody does.',
}

/** A move's kind in words, as in `to a place of its own`. */
export function kindText({ kind }: Pick<MoveView, 'kind'>): string {
  return kindWords[kind] ?? kind
}

function etaText(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
