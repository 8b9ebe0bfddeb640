import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { MoveView } from '../../../moves/show-move.ts'
import type { Html } from '../kit/html.ts'
import { type LiveState, livePart } from '../kit/live.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { emptyState, stateMark, when } from '../parts/bits.ts'
import { framed } from '../parts/frame.ts'
import { gatePart, kindText, progressBar } from '../parts/move.ts'
import { moveWords } from '../parts/words.ts'

const at = '/console/moves'

/** The moves: those under way, followed live, and those before. */
export async function movesPage(visit: Visit): Promise<PageResult> {
  const cursor = visit.query('cursor')
  const [open, past] = await Promise.all([
    cursor === undefined ? openMoves(visit) : undefined,
    pastMoves(visit, cursor),
  ])
  if (visit.isPart) return { html: past }
  const body = html`<div class="head"><h1>Moves</h1></div>
${open === undefined ? '' : html`<div id="open" hx-sse:connect="${at}/live" hx-swap="innerMorph" aria-live="off">${open.html}</div>`}
<table class="list"><thead><tr><th scope="col">Tenant</th><th scope="col">Move</th><th scope="col">State</th><th scope="col">Begun</th><th scope="col">By</th></tr></thead><tbody>${past}</tbody></table>`
  return { html: framed(visit, { title: 'Moves', body, at }) }
}

export async function liveMoves(visit: Visit): Promise<PageResult> {
  return livePart(visit, () => openMoves(visit))
}

async function openMoves({ api, isPlain }: Visit): Promise<LiveState> {
  const query = { open: 'true', limit: '100' }
  const { items } = await api.ask<Page<MoveView>>('GET /moves', { query })
  const cards = items.map((move) => openCard(move, isPlain))
  const none = emptyState('No move is under way', 'A tenant that is tagged Enterprise is promoted from its own page.')
  return { html: items.length === 0 ? none : html`<div class="stack">${cards}</div>`, isOver: false }
}

function openCard(move: MoveView, isPlain: boolean): Html {
  const { words, tone } = moveWords[move.state]
  return html`<section class="card" id="move-${move.id}"><div class="row"><h2><a href="${at}/${move.id}">${move.tenantId}</a> <span class="quiet">${kindText(move)}</span></h2>${stateMark(words, tone)}</div>
${move.state === 'soaking' ? '' : progressBar(move)}${gatePart(move, isPlain)}</section>`
}

async function pastMoves({ api }: Visit, cursor: string | undefined): Promise<Html> {
  const { items, nextCursor } = await api.ask<Page<MoveView>>('GET /moves', { query: { limit: '30', cursor } })
  const more = nextCursor === null ? undefined : `${at}?cursor=${encodeURIComponent(nextCursor)}`
  return html`${items.map(
    (move) =>
      html`<tr><th scope="row"><a href="${at}/${move.id}">${move.tenantId}</a></th><td>${kindText(move)}</td><td>${stateMark(moveWords[move.state].words, moveWords[move.state].tone)}</td><td>${when(move.createdAt)}</td><td>${move.createdBy}</td></tr>`,
  )}${more && html`<tr class="more"><td colspan="5"><a class="button" href="${more}" hx-get="${more}" hx-target="closest tr" hx-swap="outerHTML">Show more</a></td></tr>`}${items.length === 0 ? html`<tr><td colspan="5" class="quiet">There was no move yet.</td></tr>` : ''}`
}
