import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { TagChange } from '../../../tenants/list-tenant-tags.ts'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'
import { when } from '../parts/bits.ts'
import { type AuditDeed, changesPart } from '../parts/changes.ts'
import { actionWords, plainly } from '../parts/words.ts'

/** The deeds done with a tenant, newest first; for those who may not read the audit, how its tag came about. */
export async function tenantHistory(visit: Visit, tenantId: string): Promise<Html | string> {
  const { api } = visit
  if (!api.may('GET /audit')) return tagHistory(visit, tenantId)
  const { items, nextCursor } = await api.ask<Page<AuditDeed>>('GET /audit', { query: { tenantId, limit: '20' } })
  if (items.length === 0) return ''
  const more =
    nextCursor === null
      ? ''
      : html`<p><a href="/console/audit?tenant=${encodeURIComponent(tenantId)}">All of its history</a></p>`
  return html`<section class="card"><h2>History</h2><ol class="history">${items.map(deedLine)}</ol>${more}</section>`
}

function deedLine({ at, actor, action, before, after, note }: AuditDeed): Html {
  return html`<li>${when(at)} <span><strong>${actor}</strong> ${actionWords(action)}${changesPart(before, after)}${note === null ? '' : html`<q>${note}</q>`}</span></li>`
}

async function tagHistory({ api }: Visit, tenantId: string): Promise<Html | string> {
  const params = { id: tenantId }
  const { items } = await api.ask<Page<TagChange>>('GET /tenants/{id}/tags', { params, query: { limit: '20' } })
  if (items.length === 0) return ''
  return html`<section class="card"><h2>History of its tag</h2><ol class="history">${items.map(tagLine)}</ol></section>`
}

function tagLine({ at, actor, from, to, note }: TagChange): Html {
  const why = plainly(note ?? '', '')
  return html`<li>${when(at)} <span><strong>${actor}</strong> ${actionWords('tenant.tag')}<span class="changes"><span>${from ?? 'none'} → ${to ?? 'none'}</span></span>${why === '' ? '' : html`<q>${why}</q>`}</span></li>`
}
