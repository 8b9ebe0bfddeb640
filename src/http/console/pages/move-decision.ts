import { html } from 'hono/html'
import { isAppError } from '../../../errors.ts'
import type { MoveView } from '../../../moves/show-move.ts'
import type { Html } from '../kit/html.ts'
import { noteOf } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { count, notice } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { gatePart } from '../parts/move.ts'

const at = '/console/moves'

type Choice = NonNullable<MoveView['nextSteps'][number]['decides']>

/** The way to the decision that a move waits for, for those who may make it. */
export function decisionLink(visit: Visit, move: MoveView): Html | string {
  if (choicesFor(visit, move).length === 0) return ''
  return html`<div class="deeds"><a class="button main" href="${at}/${move.id}/decide">Decide…</a></div>`
}

/** The decision that a move waits for: whether it was repaired, or records or recall are given up. */
export async function decidePage(visit: Visit, fault?: string): Promise<PageResult> {
  const move = await read(visit)
  const choices = choicesFor(visit, move)
  const title = `Decide: ${move.tenantId}`
  const body = html`<div class="head"><h1>${title}</h1></div>
${fault === undefined ? '' : notice('bad', 'Nothing was changed', fault)}
${
  choices.length === 0
    ? html`${notice('warn', 'There is nothing to decide now', 'A colleague may have been faster. Look at the move again.')}<p><a class="button" href="${at}/${move.id}">Back</a></p>`
    : html`${gatePart(move, false)}${choices.map((choice) => choiceForm(visit, choice))}<p><a class="button" href="${at}/${move.id}">Back</a></p>`
}`
  return {
    ...(fault !== undefined && { status: 422 as const }),
    html: framed(visit, { title, body, at }),
  }
}

/** Carries the decision out: one that gives records up only with their number typed, and while it is still that one. */
export async function decideMove(visit: Visit): Promise<PageResult> {
  const move = await read(visit)
  const { api, form } = visit
  const accepted = form.text('accept')
  const choice = choicesFor(visit, move).find((one) => acceptedBy(one) === accepted)
  if (choice === undefined) return decidePage(visit, 'It waits for something else by now. Look at it again.')
  const { acceptLoss, acceptRecall } = choice
  if (acceptLoss > 0 && form.text('typed').trim() !== String(acceptLoss)) {
    return decidePage(visit, `Type ${acceptLoss} to confirm that as many records are given up.`)
  }
  try {
    const loss = acceptLoss === 0 ? {} : { acceptLoss: String(acceptLoss) }
    const query = acceptRecall === true ? { acceptRecall: 'true' } : loss
    const note = noteOf(form.text('note'))
    await api.ask(`POST /moves/{id}/${choice.verb}`, { params: { id: move.id }, query, note })
  } catch (error) {
    if (!isAppError(error)) throw error
    return decidePage(visit, error.message)
  }
  return { goTo: `${at}/${move.id}` }
}

function choicesFor({ api }: Visit, { nextSteps }: MoveView): readonly Choice[] {
  return nextSteps.flatMap(({ decides }) =>
    decides !== undefined && api.may(`POST /moves/{id}/${decides.verb}`) ? [decides] : [],
  )
}

/** The choice as its form names it. */
function acceptedBy({ acceptLoss, acceptRecall }: Choice): string {
  return acceptRecall === true ? 'recall' : String(acceptLoss)
}

function choiceForm(visit: Visit, choice: Choice): Html {
  const { acceptLoss, acceptRecall } = choice
  const hidden = html`${csrfInput(visit)}<input type="hidden" name="accept" value="${acceptedBy(choice)}">`
  const note = html`<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500"></label>`
  if (acceptRecall === true) {
    return html`<form method="post" class="card narrow">${hidden}<h2>Switch all the same</h2><p>The move goes on, although the new model is not shown to find as much. It can be undone for as long as the old place is kept.</p>${note}<p class="deeds"><button class="main">Accept it</button></p></form>`
  }
  if (acceptLoss === 0) {
    return html`<form method="post" class="card narrow">${hidden}<h2>It was repaired</h2><p>The move counts again, and goes on if nothing is missing any more.</p>${note}<p class="deeds"><button class="main">Count again</button></p></form>`
  }
  return html`<form method="post" class="card narrow">${hidden}<h2>Go on without them</h2><p>The move goes on, and up to ${count(acceptLoss, 'record')} of this tenant are lost. There is no way back from that.</p>
<label class="field">Type <code>${acceptLoss}</code> to confirm<input name="typed" required autocomplete="off" inputmode="numeric" pattern="\\s*${acceptLoss}\\s*" title="${acceptLoss}"></label>${note}
<p class="deeds"><button class="danger">Give up ${count(acceptLoss, 'record')}</button></p></form>`
}

function read({ api, context }: Visit): Promise<MoveView> {
  return api.ask<MoveView>('GET /moves/{id}', { params: { id: context.req.param('id') ?? '' } })
}
