import { html } from 'hono/html'
import type { AuditRow } from '../../../registry/audit/audit.ts'
import type { Html } from '../kit/html.ts'

/** A row of the audit as the API gives it. */
export type AuditDeed = Omit<AuditRow, 'at'> & { readonly at: string }

/** Fields before and after: `tier: standard → enterprise`. */
export function changesPart(before: AuditDeed['before'], after: AuditDeed['after']): Html | string {
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
