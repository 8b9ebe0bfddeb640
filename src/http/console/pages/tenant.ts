import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { MoveView } from '../../../moves/show-move.ts'
import type { TenantLimits } from '../../../tenants/show-tenant-limits.ts'
import type { TenantRouteView } from '../../../tenants/show-tenant-route.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { facts, notice, number, stateMark, tierChip, untilText, when } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { attributeNames, kindWords, moveWords, statusWords } from '../parts/words.ts'
import { deedsFor } from './tenant-deeds.ts'
import { documentsPart } from './tenant-documents.ts'
import { tenantHistory } from './tenant-history.ts'
import { limitsPart } from './tenant-limits.ts'
import { usagePart } from './tenant-usage.ts'

/** One tenant: what it is and where it lives in plain words, what may be done with it, and what was. */
export async function tenantPage(visit: Visit): Promise<PageResult> {
  const { api, isPlain, context } = visit
  const params = { id: context.req.param('id') ?? '' }
  const tenant = await api.ask<TenantView>('GET /tenants/{id}', { params })
  const [limits, moves, route, history, usage, documents, deeds] = await Promise.all([
    api.ask<TenantLimits>('GET /tenants/{id}/limits', { params }),
    api.ask<Page<MoveView>>('GET /moves', { query: { tenantId: tenant.id, limit: '5' } }),
    isPlain ? undefined : api.ask<TenantRouteView>('GET /tenants/{id}/route', { params }),
    tenantHistory(visit, tenant.id),
    usagePart(visit, tenant.id),
    documentsPart(visit, tenant.id),
    deedsFor(visit, tenant),
  ])
  const state = statusWords[tenant.status] ?? { words: tenant.status, tone: 'quiet' as const }
  const open = moves.items.find(({ endedAt }) => endedAt === null)
  const body = html`<div class="head"><h1>${tenant.name}</h1>${tierChip(tenant.tier)} ${stateMark(state.words, state.tone)}<span class="id">${tenant.id}</span></div>
<p class="lead">${summary(tenant, open)}</p>
<div class="two"><div class="stack">
${tenant.held === null ? '' : notice('bad', 'Held after a restore', 'It is not served until the platform team says where it is.')}
${receiptPart(tenant, isPlain)}
${moves.items.length === 0 ? '' : movesPart(moves.items)}
${usage}
${documents}
${history}
</div><aside class="stack" aria-label="About this tenant">
${deedsPart(visit, tenant, deeds)}
<section class="card"><h2>Account</h2>${accountFacts(tenant)}${accountLink(visit, tenant)}</section>
${limitsPart(visit, tenant, limits)}
${route === undefined ? '' : placePart(route)}
</aside></div>`
  return { html: framed(visit, { title: tenant.name, body, at: '/console/tenants', hasCharts: true }) }
}

/** Says in one or two sentences how this tenant is at the moment. */
function summary(tenant: TenantView, move: MoveView | undefined): Html | string {
  if (tenant.status === 'offboarded') return 'It was offboarded: its data is deleted.'
  if (tenant.status === 'offboarding')
    return 'It is being offboarded. Its app is refused, and its data is being deleted.'
  if (tenant.status === 'provisioning') return 'Its place is being made; it is ready in a moment.'
  const suspended =
    tenant.status === 'suspended' ? ' It is suspended: its app is refused until somebody resumes it.' : ''
  if (move !== undefined) return html`${movingSummary(move)}${waitingSummary(tenant)}${suspended}`
  const where =
    tenant.placement?.kind === 'silo'
      ? 'It has a place of its own.'
      : 'It shares a place with other tenants, each kept apart.'
  const waits = tenant.awaitingPromotion
    ? ' It is tagged Enterprise and awaits its promotion to a place of its own, which the platform team begins.'
    : ''
  return `${where}${waits}${suspended}`
}

/** While another move is in the way of a promotion: which one, and until when. */
function waitingSummary({ awaitingPromotion, inTheWay }: TenantView): string {
  if (!awaitingPromotion) return ''
  const until = inTheWay?.until ? ` until ${untilText(inTheWay.until)}` : ''
  return ` It is tagged Enterprise and awaits its promotion; this move is in the way${until}.`
}

function movingSummary(move: MoveView): Html {
  const link = html`<a href="/console/moves/${move.id}">Watch it</a>.`
  if (move.state === 'soaking') {
    const until = move.retainUntil === null ? '' : ` until ${untilText(move.retainUntil)}`
    return html`It has moved ${kindWords[move.kind] ?? ''}; this can be undone${until}. ${link}`
  }
  return html`It is on its way ${kindWords[move.kind] ?? ''}: ${moveWords[move.state].words.toLowerCase()}, ${move.progress.percent} %. Its app goes on working. ${link}`
}

function accountFacts(tenant: TenantView): Html {
  const known = Object.entries(tenant.attributes).map(([name, value]) => ({
    name: attributeNames[name] ?? name,
    value: String(value),
  }))
  return facts([
    ...known,
    ...(tenant.region === null ? [] : [{ name: 'Region', value: tenant.region }]),
    { name: 'Onboarded', value: when(tenant.createdAt) },
    { name: 'Last changed', value: when(tenant.updatedAt) },
  ])
}

function accountLink({ api }: Visit, { id, status }: TenantView): Html | string {
  const isThere = status !== 'offboarding' && status !== 'offboarded'
  return isThere && api.may('PATCH /tenants/{id}')
    ? html`<p><a href="/console/tenants/${id}/account">Change the account</a></p>`
    : ''
}

function deedsPart(visit: Visit, tenant: TenantView, deeds: Awaited<ReturnType<typeof deedsFor>>): Html | string {
  const isServed = tenant.status === 'active' || tenant.status === 'suspended'
  const other = tenant.tier === 'enterprise' ? 'standard' : 'enterprise'
  const ask =
    visit.tryQuery === undefined ? '' : html`<a class="button" href="/console/try?tenant=${tenant.id}">Try a query</a>`
  const tag =
    isServed && visit.api.may('PATCH /tenants/{id}')
      ? html`<form method="post" action="/console/tenants/tag">${csrfInput(visit)}<input type="hidden" name="id" value="${tenant.id}"><button name="tier" value="${other}">Tag as ${other === 'enterprise' ? 'Enterprise' : 'Standard'}…</button></form>`
      : ''
  if (deeds.length === 0 && tag === '') return ''
  return html`<section class="card" aria-label="What to do"><div class="deeds">${tag}${ask}${deeds.map(
    ({ verb, button, isGrave }) =>
      html`<a class="button${isGrave ? ' danger' : verb === 'promote' && tenant.awaitingPromotion ? ' main' : ''}" href="/console/tenants/${tenant.id}/${verb}">${button}…</a>`,
  )}</div></section>`
}

function movesPart(moves: readonly MoveView[]): Html {
  return html`<section class="card"><h2>Moves</h2><table class="plain"><tbody>${moves.map(
    ({ id, kind, state, createdAt }) =>
      html`<tr><td><a href="/console/moves/${id}">${kindWords[kind] ?? kind}</a></td><td>${stateMark(moveWords[state].words, moveWords[state].tone)}</td><td>${when(createdAt)}</td></tr>`,
  )}</tbody></table></section>`
}

function placePart(route: TenantRouteView): Html {
  const { placement, project, phase, why, nearestLimit } = route
  const share = `${number(nearestLimit.used)} of ${number(nearestLimit.limit)}`
  return html`<section class="card"><h2>Place</h2><p class="quiet">${why}</p>${facts([
    ...(placement === null
      ? []
      : [
          { name: 'Index', value: html`<code>${placement.index}</code>` },
          { name: 'Generation', value: String(placement.generation) },
        ]),
    ...(project === null ? [] : [{ name: 'Project', value: project }]),
    ...(phase === null ? [] : [{ name: 'Phase', value: phase }]),
    { name: nearestLimit.name === 'indexes_in_project' ? 'Indexes in project' : 'Namespaces in index', value: share },
  ])}</section>`
}

function receiptPart({ deletionReceipt }: TenantView, isPlain: boolean): Html | string {
  if (deletionReceipt === undefined) return ''
  const { deletedAt, documents, places } = deletionReceipt
  const records = places.reduce((sum, place) => sum + (place.records ?? 0), 0)
  return html`<section class="card"><h2>Receipt of the deletion</h2>${facts([
    { name: 'Deleted', value: when(deletedAt) },
    { name: 'Documents', value: number(documents) },
    ...(isPlain ? [] : [{ name: 'Records', value: number(records) }]),
  ])}</section>`
}
