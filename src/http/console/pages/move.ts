import { html } from 'hono/html'
import { AppError, isAppError } from '../../../errors.ts'
import type { MoveView } from '../../../moves/show-move.ts'
import { isBeforeSwitch, isEnded } from '../../../moves/state/move-state.ts'
import type { Replay } from '../../../moves/state/verification.ts'
import type { Html } from '../kit/html.ts'
import { type LiveState, livePart } from '../kit/live.ts'
import { noteOf, type RouteName } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { facts, notice, number, stateMark, untilText, when } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { gatePart, kindText, progressBar, wayPart } from '../parts/move.ts'
import { embeddingFacts } from '../parts/move-embedding.ts'
import { moveWords } from '../parts/words.ts'
import { decisionLink } from './move-decision.ts'

const at = '/console/moves'

interface Steer {
  readonly verb: string
  readonly label: string
  readonly route: RouteName
  /** Says what happens, where it can't be undone. */
  readonly warning?: string
  fits(move: MoveView): boolean
}

const isFree = ({ requested, state }: MoveView) => requested === null && !isEnded(state)

const steers: readonly Steer[] = [
  {
    verb: 'resume',
    label: 'Resume',
    route: 'POST /moves/{id}/resume',
    fits: (move) => isFree(move) && move.state === 'paused',
  },
  {
    verb: 'pause',
    label: 'Pause',
    route: 'POST /moves/{id}/pause',
    fits: (move) => isFree(move) && isBeforeSwitch(move.state),
  },
  {
    verb: 'cancel',
    label: 'Cancel the move',
    route: 'POST /moves/{id}/cancel',
    warning: 'What was copied is dropped. The tenant stays where it is, and nothing of it is lost.',
    fits: (move) => isFree(move) && move.switchedAt === null && (isBeforeSwitch(move.state) || move.state === 'paused'),
  },
  {
    verb: 'rollback',
    label: 'Go back to the old place',
    route: 'POST /moves/{id}/rollback',
    warning: 'The tenant returns to its old place, with everything that was written since.',
    fits: (move) => isFree(move) && move.state === 'soaking',
  },
  {
    verb: 'complete',
    label: 'Delete the old place now',
    route: 'POST /moves/{id}/complete',
    warning: 'The old place is deleted. There is no way back from that.',
    fits: (move) => isFree(move) && move.state === 'soaking',
  },
]

/** One move: its way, followed live, what it waits for, and what can be done. */
export async function movePage(visit: Visit): Promise<PageResult> {
  const { html: part } = await lookAt(visit)
  const id = visit.context.req.param('id') ?? ''
  const body = html`<div id="move" hx-sse:connect="${at}/${id}/live" hx-sse:close="over" hx-swap="innerMorph">${part}</div>`
  return { html: framed(visit, { title: 'Move', body, at }) }
}

export async function liveMove(visit: Visit): Promise<PageResult> {
  await read(visit)
  return livePart(visit, () => lookAt(visit))
}

/** Asks before a step that drops something; the others are done at once. */
export async function askSteer(visit: Visit): Promise<PageResult> {
  return { html: askPage(visit, await read(visit), steerOf(visit)) }
}

export async function doSteer(visit: Visit): Promise<PageResult> {
  const steer = steerOf(visit)
  const move = await read(visit)
  try {
    await visit.api.ask(steer.route, { params: { id: move.id }, note: noteOf(visit.form.text('note')) })
  } catch (error) {
    if (!isAppError(error)) throw error
    return { status: 409, html: askPage(visit, move, steer, error.message) }
  }
  return { goTo: `${at}/${move.id}` }
}

function read({ api, context }: Visit): Promise<MoveView> {
  return api.ask<MoveView>('GET /moves/{id}', { params: { id: context.req.param('id') ?? '' } })
}

function steerOf({ api, context }: Visit): Steer {
  const steer = steers.find(({ verb }) => verb === context.req.param('verb'))
  if (steer === undefined) throw new AppError('not_found', 'The console has no such page.', { shown: true })
  if (!api.may(steer.route)) throw new AppError('forbidden', 'Your role may not do this.')
  return steer
}

async function lookAt(visit: Visit): Promise<LiveState> {
  const move = await read(visit)
  return { html: moveParts(visit, move), isOver: isEnded(move.state) }
}

function moveParts(visit: Visit, move: MoveView): Html {
  const { words, tone } = moveWords[move.state]
  const { isPlain } = visit
  return html`<div class="head"><h1><a href="/console/tenants/${move.tenantId}">${move.tenantId}</a> ${kindText(move)}</h1>${stateMark(words, tone)}</div>
${wayPart(move)}
<div class="two"><div class="stack">
${isEnded(move.state) || move.state === 'soaking' ? '' : html`<section class="card">${progressBar(move)}</section>`}
${gatePart(move, isPlain)}${decisionLink(visit, move)}${undoPart(move)}
${steersPart(visit, move)}
${embeddingPart(move)}${verificationPart(move)}
</div><aside class="stack" aria-label="About this move"><section class="card">${facts(factsOf(move, isPlain))}</section></aside></div>`
}

function undoPart({ state, retainUntil, requested }: MoveView): Html | string {
  if (requested !== null) return notice('busy', `Asked for: ${requested}`, 'It is done at its next step.')
  if (state !== 'soaking') return ''
  const until = retainUntil === null ? '' : ` until ${untilText(retainUntil)}`
  return notice(
    'good',
    'It has moved',
    `The old place is kept${until}, with everything that is written: until then the tenant can go back.`,
  )
}

function steersPart(visit: Visit, move: MoveView): Html | string {
  const fitting = steers.filter(({ route, fits }) => visit.api.may(route) && fits(move))
  if (fitting.length === 0) return ''
  return html`<div class="deeds">${fitting.map(({ verb, label, warning }) =>
    warning === undefined
      ? html`<form method="post" action="${at}/${move.id}/${verb}">${csrfInput(visit)}<button>${label}</button></form>`
      : html`<a class="button" href="${at}/${move.id}/${verb}">${label}…</a>`,
  )}</div>`
}

function embeddingPart(move: MoveView): Html | string {
  const found = embeddingFacts(move)
  return found.length === 0 ? '' : html`<section class="card"><h2>Embedding anew</h2>${facts(found)}</section>`
}

function verificationPart({ id, verification, verified, writePauseMs }: MoveView): Html | string {
  if (verification === null) return ''
  const { sourceRecords, targetRecords, equal, repaired, replayed } = verification
  return html`<section class="card"><h2>Comparison of both places</h2>${facts([
    { name: 'Records', value: `${number(sourceRecords)} and ${number(targetRecords)}, ${number(equal)} alike` },
    ...(repaired === 0 ? [] : [{ name: 'Repaired', value: number(repaired) }]),
    ...(replayed === undefined
      ? []
      : [
          {
            name: 'Questions asked of both',
            value: `${number(replayed.queries)}, ${Math.round(replayed.meanOverlapAt10 * 100)} % the same answers${shiftText(replayed)}`,
          },
        ]),
    ...(verified === null
      ? []
      : [{ name: 'Last compared', value: html`${when(verified.at)}${verified.isStale ? ' (stale)' : ''}` }]),
    ...(writePauseMs === null ? [] : [{ name: 'Writes waited', value: `${number(writePauseMs)} ms` }]),
  ])}<p><a href="${at}/${id}/report">The whole report</a></p></section>`
}

function shiftText({ meanRankShift = 0 }: Replay): string {
  return meanRankShift === 0 ? '' : `, those shifted by ${meanRankShift.toFixed(1)} ranks`
}

function factsOf(move: MoveView, isPlain: boolean): Parameters<typeof facts>[0] {
  const { kind, createdBy, createdAt, switchedAt, endedAt, source, target, mover } = move
  const place = ({ index, generation, region, project }: NonNullable<typeof target>) =>
    html`<code>${index}</code>${kind === 'relocate' ? ` in ${region}, project ${project}` : ''}, generation ${generation}`
  return [
    { name: 'Begun', value: html`${when(createdAt)} by ${createdBy}` },
    ...(switchedAt === null ? [] : [{ name: 'Switched', value: when(switchedAt) }]),
    ...(endedAt === null ? [] : [{ name: 'Ended', value: when(endedAt) }]),
    ...(isPlain
      ? []
      : [
          { name: 'From', value: place(source) },
          ...(target === null ? [] : [{ name: 'To', value: place(target) }]),
          ...(mover === null ? [] : [{ name: 'Replica', value: html`<code>${mover}</code>` }]),
        ]),
  ]
}

function askPage(visit: Visit, move: MoveView, steer: Steer, fault?: string): Html {
  const { label, warning, fits } = steer
  const body = html`<div class="head"><h1>${label}: ${move.tenantId}</h1></div>
<p class="lead">${warning ?? ''}</p>
${fault === undefined ? '' : notice('bad', 'Nothing was changed', fault)}
${
  fits(move)
    ? html`<form method="post" class="card narrow">${csrfInput(visit)}<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500"></label>
<p class="deeds"><button class="${warning === undefined ? 'main' : 'danger'}">${label}</button> <a class="button" href="${at}/${move.id}">Back</a></p></form>`
    : html`${notice('warn', 'This does not fit the move as it is now', 'It has gone on meanwhile. Look at it again.')}<p><a class="button" href="${at}/${move.id}">Back</a></p>`
}`
  return framed(visit, { title: label, body, at })
}
