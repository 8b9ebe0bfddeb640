import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'
import { when } from '../parts/bits.ts'
import { type AuditDeed, changesPart } from '../parts/changes.ts'
import { actionWords } from '../parts/words.ts'

/** The deeds done with a tenant, newest first, for those who may read the audit. */
export async function tenantHistory({ api }: Visit, tenantId: string): Promise<Html | string> {
  if (!api.may('GET /audit')) return ''
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
