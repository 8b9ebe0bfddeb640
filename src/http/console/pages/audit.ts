import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { Html } from '../kit/html.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { emptyState, number, when } from '../parts/bits.ts'
import { type AuditDeed, changesPart } from '../parts/changes.ts'
import { framed } from '../parts/frame.ts'

const path = '/console/audit'

interface ChainState {
  readonly rows: number
  readonly signedTo: number
  readonly unchained: number
}

interface AuditFilter {
  readonly tenant: string
  readonly actor: string
  readonly action: string
}

/** Everything that was done: by whom, when, why, and what it changed. */
export async function auditPage(visit: Visit): Promise<PageResult> {
  const filter = {
    tenant: visit.query('tenant') ?? '',
    actor: visit.query('actor') ?? '',
    action: visit.query('action') ?? '',
  }
  const cursor = visit.query('cursor')
  const query = { tenantId: filter.tenant, actor: filter.actor, action: filter.action, limit: '50', cursor }
  const [{ items, nextCursor }, chain] = await Promise.all([
    visit.api.ask<Page<AuditDeed>>('GET /audit', { query }),
    visit.api.ask<ChainState>('GET /audit/state'),
  ])
  const rows = html`${items.map(deedRow)}${moreRow(filter, nextCursor)}`
  if (visit.isPart && cursor !== undefined) return { html: rows }
  const list = html`<div id="list">${items.length === 0 ? nothing() : html`<table class="list audit"><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">Did</th><th scope="col">Tenant</th><th scope="col">Changed</th></tr></thead><tbody>${rows}</tbody></table>`}</div>`
  if (visit.isPart) return { html: list, headers: { 'hx-replace-url': addressOf(filter) } }
  const body = html`<div class="head"><h1>Audit</h1><span class="quiet">${chainWords(chain)}</span></div>
<form class="filter three" action="${path}" hx-get="${path}" hx-trigger="input delay:200ms, submit" hx-target="#list" hx-swap="outerHTML" hx-sync="this:replace">
${field('tenant', 'Tenant', filter.tenant, 'acme-bikes')}${field('actor', 'Who', filter.actor, 'ann@example.com')}${field('action', 'Did', filter.action, 'tenant.tag, or tenant. for all of them')}
<noscript><button>Search</button></noscript></form>
${list}`
  return { html: framed(visit, { title: 'Audit', body, at: path }) }
}

function field(name: string, label: string, value: string, placeholder: string): Html {
  return html`<label class="field">${label}<input type="search" name="${name}" value="${value}" placeholder="${placeholder}" autocomplete="off" spellcheck="false"></label>`
}

function chainWords({ rows, signedTo, unchained }: ChainState): string {
  const signed = signedTo === 0 ? 'none is signed' : `signed up to ${number(signedTo)}`
  const late = unchained === 0 ? '' : `, ${number(unchained)} not chained yet`
  return `${number(rows)} rows in the chain, ${signed}${late}`
}

function deedRow(deed: AuditDeed): Html {
  const { at, actor, roles, address, action, tenantId, before, after, detail, note, requestId } = deed
  const whence = [address, requestId === null ? null : `request ${requestId}`].filter((part) => part !== null)
  return html`<tr><td>${when(at)}</td><th scope="row" title="${whence.join(', ')}">${actor}<span class="id">${roles.join(', ')}</span></th><td><code>${action}</code>${note === null ? '' : html`<q>${note}</q>`}</td><td>${tenantId === null ? html`<span class="none">–</span>` : html`<a href="/console/tenants/${tenantId}">${tenantId}</a>`}</td><td class="wide">${after === null ? detailPart(detail) : changesPart(before, after)}</td></tr>`
}

function detailPart(detail: AuditDeed['detail']): Html {
  return html`<span class="changes">${Object.entries(detail ?? {}).map(
    ([name, value]) => html`<span>${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}</span>`,
  )}</span>`
}

function moreRow(filter: AuditFilter, cursor: string | null): Html | string {
  if (cursor === null) return ''
  const next = addressOf(filter, cursor)
  return html`<tr class="more"><td colspan="5"><a class="button" href="${next}" hx-get="${next}" hx-target="closest tr" hx-swap="outerHTML">Show more</a></td></tr>`
}

function addressOf(filter: AuditFilter, cursor = ''): string {
  const search = new URLSearchParams(Object.entries({ ...filter, cursor }).filter(([, value]) => value !== ''))
  return search.size === 0 ? path : `${path}?${search}`
}

function nothing(): Html {
  const all = html`<a class="button" href="${path}">Show everything</a>`
  return emptyState('Nothing was done that fits', 'Leave a field empty to see more.', all)
}
