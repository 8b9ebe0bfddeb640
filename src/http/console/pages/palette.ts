import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { pagesFor } from '../parts/site-map.ts'

interface Choice {
  readonly href: string
  readonly label: string
  readonly note: string
}

/** Finds for ⌘K: pages of the console, and tenants. */
export async function palette(visit: Visit): Promise<PageResult> {
  const q = visit.query('q') ?? ''
  const pages = pagesFor(visit)
    .filter(({ label }) => label.toLowerCase().includes(q.toLowerCase()))
    .map(({ path, label }): Choice => ({ href: path, label, note: 'page' }))
  const choices = [...pages, ...(q === '' ? [] : await tenantsLike(visit, q))]
  if (choices.length === 0) return { html: html`<p class="none" data-query="${q}">Nothing is called that.</p>` }
  return { html: html`${choices.map((choice, at) => choiceLine(choice, at, q))}` }
}

async function tenantsLike({ api }: Visit, q: string): Promise<readonly Choice[]> {
  const { items } = await api.ask<Page<TenantView>>('GET /tenants', { query: { search: q.slice(0, 200), limit: '8' } })
  return items.map(({ id, name }) => ({ href: `/console/tenants/${id}`, label: name, note: id }))
}

/** @param query the text that the line answers: Enter waits for the lines of what is typed now. */
function choiceLine({ href, label, note }: Choice, position: number, query: string): Html {
  return html`<a role="option" data-query="${query}" id="choice-${position}" aria-selected="${position === 0 ? 'true' : 'false'}" tabindex="-1" href="${href}"><span>${label}</span><span class="id">${note}</span></a>`
}
