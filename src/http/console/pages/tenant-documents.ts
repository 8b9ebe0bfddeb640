import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { TenantDocument } from '../../../tenants/list-tenant-documents.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { count, emptyState, number, stateMark, type Tone, when } from '../parts/bits.ts'
import { framed } from '../parts/frame.ts'

const shownFailed = 5

/** Uploads that came to nothing, with their reasons, and the way to all documents; for those who may see them. */
export async function documentsPart({ api }: Visit, tenantId: string): Promise<Html | string> {
  if (!api.may('GET /tenants/{id}/documents')) return ''
  const { items, nextCursor } = await api.ask<Page<TenantDocument>>('GET /tenants/{id}/documents', {
    params: { id: tenantId },
    query: { failed: 'true', limit: String(shownFailed) },
  })
  const more = nextCursor === null ? '' : ' or more'
  const failed =
    items.length === 0
      ? html`<p class="quiet">No upload has failed.</p>`
      : html`<p>${count(items.length, 'upload')}${more} failed:</p>${documentTable(items)}`
  const all = `/console/tenants/${encodeURIComponent(tenantId)}/documents`
  return html`<section class="card"><h2>Documents</h2>${failed}<p><a href="${all}">All documents and uploads</a></p></section>`
}

/** A tenant's documents, a page at a time: how far each is, and why an upload failed. */
export async function documentsPage(visit: Visit): Promise<PageResult> {
  const { api, context } = visit
  const params = { id: context.req.param('id') ?? '' }
  const failed = visit.query('failed') === 'true' ? 'true' : 'false'
  const cursor = visit.query('cursor')
  const [tenant, page] = await Promise.all([
    api.ask<TenantView>('GET /tenants/{id}', { params }),
    api.ask<Page<TenantDocument>>('GET /tenants/{id}/documents', { params, query: { failed, limit: '50', cursor } }),
  ])
  const here = `/console/tenants/${tenant.id}/documents`
  const next =
    page.nextCursor === null ? undefined : `${here}?${new URLSearchParams({ failed, cursor: page.nextCursor })}`
  const rows = html`${page.items.map(documentRow)}${
    next &&
    html`<tr class="more"><td colspan="4"><a class="button" href="${next}" hx-get="${next}" hx-target="closest tr" hx-swap="outerHTML">Show more</a></td></tr>`
  }`
  if (visit.isPart) return { html: rows }
  const tab = (value: 'true' | 'false', label: string) =>
    html`<a href="${value === 'true' ? `${here}?failed=true` : here}"${value === failed ? html` aria-current="page"` : ''}>${label}</a>`
  const empty =
    failed === 'true'
      ? emptyState('No upload has failed', 'An upload that comes to nothing stands here with its reason.')
      : emptyState('There is no document', 'They appear here as soon as the tenant’s app puts or uploads one.')
  const body = html`<div class="head"><h1>Documents of <a href="/console/tenants/${tenant.id}">${tenant.name}</a></h1><span class="id">${tenant.id}</span></div>
<p class="lead">How far each is, by the id that the app gave it. What is in them stays with the tenant.</p>
<nav class="tabs" aria-label="Documents">${tab('false', 'All')}${tab('true', 'Failed')}</nav>
${page.items.length === 0 ? empty : html`<table class="list"><thead>${heads}</thead><tbody>${rows}</tbody></table>`}`
  return { html: framed(visit, { title: `Documents of ${tenant.name}`, body, at: '/console/tenants' }) }
}

const heads = html`<tr><th scope="col">Document</th><th scope="col">State</th><th scope="col">Reason</th><th scope="col">Changed</th></tr>`

function documentTable(items: readonly TenantDocument[]): Html {
  return html`<table class="plain"><thead>${heads}</thead><tbody>${items.map(documentRow)}</tbody></table>`
}

const states: Readonly<Record<TenantDocument['status'], readonly [string, Tone]>> = {
  queued: ['Waits for its turn', 'quiet'],
  parsing: ['Being read', 'busy'],
  embedding: ['Being read', 'busy'],
  storing: ['Being stored', 'busy'],
  failed: ['Failed', 'bad'],
  ready: ['Stored', 'good'],
  lost: ['Incomplete in the store', 'bad'],
  writing: ['Being written', 'busy'],
  deleting: ['Being deleted', 'busy'],
}

function documentRow({ documentId, status, chunks, attempts, reason, updatedAt }: TenantDocument): Html {
  const [words, tone] = states[status]
  const parts = chunks === 0 ? '' : html`<br><span class="quiet">${count(chunks, 'piece')}</span>`
  const tries = attempts !== null && attempts > 1 ? ` (tried ${number(attempts)} times)` : ''
  const why =
    reason === null
      ? html`<span class="none">–</span>`
      : html`<span class="why">${reason.detail}</span> <span class="quiet">${reason.code}${tries}</span>`
  return html`<tr><th scope="row"><code>${documentId}</code></th><td data-label="State">${stateMark(words, tone)}${parts}</td><td data-label="Reason">${why}</td><td data-label="Changed">${when(updatedAt)}</td></tr>`
}
