import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { emptyState, notice, pills, stateMark, tierChip, when } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { type OpenMoves, placeStated, readOpenMoves } from '../parts/place.ts'
import { statusWords } from '../parts/words.ts'

const path = '/console/tenants'
const pageSize = '50'

const tiers = [
  ['', 'Any'],
  ['standard', 'Standard'],
  ['enterprise', 'Enterprise'],
] as const
const states = [
  ['', 'Any'],
  ['awaiting', 'Awaiting promotion'],
  ['active', 'Active'],
  ['suspended', 'Suspended'],
  ['provisioning', 'Being set up'],
  ['offboarded', 'Offboarded'],
] as const

interface Filter {
  readonly q: string
  readonly tier: string
  readonly state: string
}

/** The tenants, searched while one types; the address holds the filter, so that it can be kept and sent. */
export async function tenantList(visit: Visit): Promise<PageResult> {
  const filter = filterOf(visit)
  const cursor = visit.query('cursor')
  const [{ items, nextCursor }, moves] = await Promise.all([
    visit.api.ask<Page<TenantView>>('GET /tenants', { query: { ...queryOf(filter), limit: pageSize, cursor } }),
    readOpenMoves(visit.api),
  ])
  const rows = tenantRows(visit, items, {
    moves,
    next: nextCursor === null ? undefined : addressOf(filter, nextCursor),
  })
  if (visit.isPart) {
    if (cursor !== undefined) return { html: rows }
    const address = addressOf(filter)
    return { html: listOf(visit, filter, items.length, rows), headers: { 'hx-replace-url': address } }
  }
  const body = html`<div class="head"><h1>Tenants</h1></div>
<form class="filter" role="search" action="${path}" hx-get="${path}" hx-trigger="input delay:120ms, submit" hx-target="#list" hx-swap="outerHTML" hx-sync="this:replace" hx-indicator="#list">
<input id="q" type="search" name="q" value="${filter.q}" placeholder="Search by name, id or CRM id" aria-label="Search tenants" autocomplete="off" spellcheck="false" data-search>
${pills('Tier', 'tier', filter.tier, tiers)}
${pills('State', 'state', filter.state, states)}
<noscript><button>Search</button></noscript>
</form>
${unknownChoices(visit)}
${listOf(visit, filter, items.length, rows)}`
  return { html: framed(visit, { title: 'Tenants', body, at: path }) }
}

function filterOf(visit: Visit): Filter {
  const known = (value = '', choices: Choices) => (isAmong(value, choices) ? value : '')
  return {
    q: (visit.query('q') ?? '').slice(0, 200),
    tier: known(visit.query('tier'), tiers),
    state: known(visit.query('state'), states),
  }
}

type Choices = readonly (readonly [string, string])[]

function isAmong(value: string, choices: Choices): boolean {
  return choices.some(([choice]) => choice === value)
}

/** An address that was typed or kept may name what does not exist; a list that is wider than asked for says so. */
function unknownChoices(visit: Visit): Html {
  const asked = [
    ['tier', tiers],
    ['state', states],
  ] as const
  return html`${asked.map(([name, choices]) => {
    const value = visit.query(name) ?? ''
    if (isAmong(value, choices)) return ''
    return notice('warn', `There is no ${name} “${value.slice(0, 40)}”`, `The list shows tenants of any ${name}.`)
  })}`
}

function queryOf({ q, tier, state }: Filter): Record<string, string | undefined> {
  return {
    search: q,
    tier,
    ...(state === 'awaiting' ? { awaitingPromotion: 'true' } : { status: state }),
  }
}

function addressOf({ q, tier, state }: Filter, cursor?: string): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries({ q, tier, state, cursor: cursor ?? '' })) {
    if (value !== '') search.set(name, value)
  }
  return search.size === 0 ? path : `${path}?${search}`
}

function listOf(visit: Visit, filter: Filter, found: number, rows: Html): Html {
  if (found === 0) return html`<div id="list" aria-live="polite">${nothing(visit, filter)}</div>`
  const mayTag = visit.api.may('PATCH /tenants/{id}')
  return html`<div id="list"><form method="post" action="/console/tenants/tag" data-selection>${csrfInput(visit)}
<table class="list tenants"><thead><tr>${mayTag ? html`<th class="check"><input type="checkbox" aria-label="Select all that are shown" data-select-all></th>` : ''}
<th scope="col">Tenant</th><th scope="col">Tier</th><th scope="col">State</th><th scope="col">Place</th><th scope="col">Owner</th><th scope="col">Awaiting promotion</th></tr></thead>
<tbody>${rows}</tbody></table>
${
  mayTag
    ? html`<div class="bulk" role="group" aria-label="With those selected"><span data-selected aria-live="polite"></span>
<button name="tier" value="enterprise" class="main">Tag as Enterprise…</button><button name="tier" value="standard">Tag as Standard…</button></div>`
    : ''
}</form></div>`
}

function tenantRows(
  visit: Visit,
  tenants: readonly TenantView[],
  { moves, next }: { readonly moves: OpenMoves; readonly next: string | undefined },
): Html {
  const mayTag = visit.api.may('PATCH /tenants/{id}')
  const more =
    next &&
    html`<tr class="more"><td colspan="7"><a class="button" href="${next}" hx-get="${next}" hx-target="closest tr" hx-swap="outerHTML">Show more</a></td></tr>`
  return html`${tenants.map((tenant) => tenantRow(tenant, moves.get(tenant.id), mayTag))}${more ?? ''}`
}

function tenantRow(tenant: TenantView, move: Parameters<typeof placeStated>[1], mayTag: boolean): Html {
  const { id, name, tier, status } = tenant
  const state = statusWords[status] ?? { words: status, tone: 'quiet' as const }
  const place = placeStated(tenant, move)
  const { owner } = tenant.attributes
  return html`<tr>${mayTag ? html`<td class="check"><input type="checkbox" name="id" value="${id}" aria-label="Select ${name}"></td>` : ''}
<th scope="row"><a href="${path}/${id}">${name}</a><span class="id">${id}</span></th>
<td data-label="Tier">${tierChip(tier)}</td>
<td data-label="State">${stateMark(state.words, state.tone)}</td>
<td data-label="Place">${place.words}</td>
<td data-label="Owner">${owner === undefined ? html`<span class="none">–</span>` : String(owner)}</td>
<td data-label="Awaiting">${tenant.awaitingPromotion ? awaiting(tenant) : html`<span class="none">–</span>`}</td></tr>`
}

function awaiting(tenant: TenantView): Html {
  const { awaitingSince: since } = tenant
  return html`<span class="awaiting">${since === null ? 'yes' : html`since ${when(since)}`}</span>`
}

function nothing({ isPlain }: Visit, { q, tier, state }: Filter): Html {
  if (q !== '' || tier !== '' || state !== '') {
    const again = html`<a class="button" href="${path}">Show all tenants</a>`
    return emptyState(
      'No tenant is like that',
      'Search for a part of a name, an id or an account’s id, or widen the filter.',
      again,
    )
  }
  const how = isPlain
    ? 'Tenants appear here as soon as the platform team onboards them.'
    : html`Onboard one with <code>npx tenant-router tenants create acme --name "Acme"</code>, or through the API.`
  return emptyState('There is no tenant yet', how)
}
