import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { AuditRow } from '../../../registry/audit/audit.ts'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'
import { when } from '../parts/bits.ts'
import { actionWords } from '../parts/words.ts'

type Deed = Omit<AuditRow, 'at'> & { readonly at: string }

/** The deeds done with a tenant, newest first, for those who may read the audit. */
export async function tenantHistory({ api }: Visit, tenantId: string): Promise<Html | string> {
  if (!api.may('GET /audit')) return ''
  const { items, nextCursor } = await api.ask<Page<Deed>>('GET /audit', { query: { tenantId, limit: '20' } })
  if (items.length === 0) return ''
  const more =
    nextCursor === null
      ? ''
      : html`<p><a href="/console/audit?tenant=${encodeURIComponent(tenantId)}">All of its history</a></p>`
  return html`<section class="card"><h2>History</h2><ol class="history">${items.map(deedLine)}</ol>${more}</section>`
}

function deedLine({ at, actor, action, before, after, note }: Deed): Html {
  return html`<li>${when(at)} <span><strong>${actor}</strong> ${actionWords(action)}${changesPart(before, after)}${note === null ? '' : html`<q>${note}</q>`}</span></li>`
}

/** Fields before and after: `tier: standard → enterprise`. */
function changesPart(before: Deed['before'], after: Deed['after']): Html | string {
  const names = Object.keys(after ?? {})
  if (names.length === 0) return ''
  return html`<span class="changes">${names.map(
    (name) => html`<span>${name}: ${shown(before?.[name])} → ${shown(after?.[name])}</span>`,
  )}</span>`
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
