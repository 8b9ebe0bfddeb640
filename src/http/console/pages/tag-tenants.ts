import { html } from 'hono/html'
import type { Page } from '../../../cursor.ts'
import { AppError, isAppError } from '../../../errors.ts'
import type { ImportRowView, ImportView } from '../../../tenants/import/import-view.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import { noteOf } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { count, notice, tierChip } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { plainly } from '../parts/words.ts'

const at = '/console/tenants'
const mostTagged = 500

type Tier = TenantView['tier']

interface Row {
  readonly tenant: TenantView
  /** Why nothing will be done; undefined: it will be tagged. */
  readonly left?: string
}

/**
 * Shows how tagging would change the selected tenants, before anything is changed. It is kept as an import is, so that
 * all of it happens as it was shown or nothing does, and so that it can be undone.
 */
export async function previewTags(visit: Visit): Promise<PageResult> {
  const tier = tierOf(visit)
  const seen = (await tenantsOf(visit)).map((tenant) => previewRow(tenant, tier))
  const wanted = seen.filter(({ left }) => left === undefined)
  const preview = wanted.length === 0 ? undefined : await previewImport(visit, wanted, tier)
  const rows = seen.map((row) => ({ ...row, ...preview?.refused.get(row.tenant.id) }))
  const changed = rows.filter(({ left }) => left === undefined)
  const title = changed.length === 0 ? 'Nothing to tag' : `Tag ${count(changed.length, 'tenant')} as ${wordOf(tier)}?`
  const body = html`<div class="head"><h1>${title}</h1></div>
<p class="lead">${meaning(tier)}</p>
<form method="post" action="${at}/tagged" class="stack">${csrfInput(visit)}<input type="hidden" name="tier" value="${tier}">
<table class="list"><thead><tr><th scope="col">Tenant</th><th scope="col">Now</th><th scope="col">Then</th></tr></thead><tbody>${rows.map((row) => previewLine(row, tier))}</tbody></table>
${
  changed.length === 0 || preview === undefined
    ? html`<p><a class="button" href="${at}">Back</a></p>`
    : html`<input type="hidden" name="import" value="${preview.id}"><p>All of it happens in one go, or nothing does. For 15 minutes it can be undone.</p>
<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500" placeholder="As in: contract signed, ACV 48k"></label>
<p class="deeds"><button class="main">Tag ${count(changed.length, 'tenant')}</button> <a class="button" href="${at}">Cancel</a></p>`
}</form>`
  return { html: framed(visit, { title, body, at }) }
}

/** Tags them as the preview showed, all or none: where a colleague changed one of them since, nothing is done. */
export async function applyTags(visit: Visit): Promise<PageResult> {
  const { api, form } = visit
  const importId = form.text('import')
  const tier = tierOf(visit)
  try {
    const answer = await api.ask<{ readonly status?: string }>('POST /imports/{importId}/apply', {
      params: { importId },
      query: { leaveOutRefused: 'true' },
      note: noteOf(form.text('note')),
    })
    if (answer.status === 'awaiting_approval') return { goTo: '/console/approvals' }
  } catch (error) {
    if (!isAppError(error, 'conflict')) throw error
    return { status: 409, html: await conflictPage(visit, importId, tier, error) }
  }
  return { goTo: `${at}/tagged/${importId}` }
}

/** Tenants that were tagged together, with the way back for as long as there is one. */
export async function taggedPage(visit: Visit, fault?: string): Promise<PageResult> {
  const { api, context, isPlain } = visit
  const params = { importId: context.req.param('id') ?? '' }
  const [view, rows] = await Promise.all([
    api.ask<ImportView>('GET /imports/{importId}', { params }),
    rowsOf(visit, params.importId, 'changed'),
  ])
  const tier: Tier = rows[0]?.changes.tier?.to === 'enterprise' ? 'enterprise' : 'standard'
  const isUndone = view.state === 'undone'
  const title = isUndone ? 'Undone' : `${count(rows.length, 'tenant')} tagged as ${wordOf(tier)}`
  const undo =
    view.state === 'applied' && view.undoUntil !== null && api.may('POST /imports/{importId}/undo')
      ? html`<form method="post" action="${at}/tagged/${view.id}/undo">${csrfInput(visit)}<button>Undo all of it</button> <span class="quiet">until ${view.undoUntil.slice(11, 16)} UTC</span></form>`
      : ''
  const words = isUndone ? 'Each has the tag that it had before.' : meaning(tier)
  const body = html`<div class="head"><h1>${title}</h1></div>
${fault === undefined ? '' : notice('bad', 'Nothing was changed', isPlain ? plainly(fault, 'The platform team can say why.') : fault)}
${notice(isUndone ? 'warn' : 'good', isUndone ? 'Taken back' : 'Done', words)}${undo}
<table class="list"><thead><tr><th scope="col">Tenant</th><th scope="col">Before</th><th scope="col">Tag</th></tr></thead><tbody>${rows.map(
    ({ tenantId, changes }) =>
      html`<tr><th scope="row"><a href="${at}/${tenantId}">${tenantId}</a></th><td data-label="Before">${tierChip(String(changes.tier?.from))}</td><td data-label="Tag">${tierChip(String(isUndone ? changes.tier?.from : changes.tier?.to))}</td></tr>`,
  )}</tbody></table>
<p class="deeds"><a class="button main" href="${at}">Back to the tenants</a> ${tier === 'enterprise' && !isUndone ? html`<a class="button" href="${at}?state=awaiting">Those awaiting promotion</a>` : ''}</p>`
  return { ...(fault !== undefined && { status: 409 as const }), html: framed(visit, { title, body, at }) }
}

export async function undoTags(visit: Visit): Promise<PageResult> {
  const { api, context } = visit
  const importId = context.req.param('id') ?? ''
  try {
    await api.ask('POST /imports/{importId}/undo', { params: { importId } })
  } catch (error) {
    if (!isAppError(error)) throw error
    const words =
      error.code === 'conflict'
        ? 'A colleague has changed one of these tenants since, or the 15 minutes are over.'
        : error.message
    return taggedPage(visit, words)
  }
  return { goTo: `${at}/tagged/${importId}` }
}

async function conflictPage(visit: Visit, importId: string, tier: Tier, error: AppError): Promise<Html> {
  const [conflicts, wanted] = await Promise.all([
    rowsOf(visit, importId, 'conflict'),
    rowsOf(visit, importId, 'changed'),
  ])
  const words = conflicts.length === 0 ? error.message : 'A colleague has changed a tenant of these meanwhile.'
  const ids = [...conflicts, ...wanted].flatMap(({ tenantId }) => tenantId ?? [])
  const title = 'Nothing was tagged'
  const body = html`<div class="head"><h1>${title}</h1></div>
${notice('warn', visit.isPlain ? plainly(words, 'This is not possible now.') : words, 'All of it happens, or nothing does. Look at the tenants again as they are now.')}
<table class="list"><thead><tr><th scope="col">Tenant</th><th scope="col">What happened</th></tr></thead><tbody>${conflicts.map(
    ({ tenantId, reason }) =>
      html`<tr><th scope="row"><a href="${at}/${tenantId}">${tenantId}</a></th><td data-label="What happened">${visit.isPlain ? plainly(reason ?? '', 'It was changed.') : reason}</td></tr>`,
  )}</tbody></table>
<form method="post" action="${at}/tag" class="deeds">${csrfInput(visit)}${ids.map((id) => html`<input type="hidden" name="id" value="${id}">`)}<button class="main" name="tier" value="${tier}">Look again</button> <a class="button" href="${at}">Back</a></form>`
  return framed(visit, { title, body, at })
}

/** Rows of a preview; as many as can be tagged at once. */
async function rowsOf(
  { api }: Visit,
  importId: string,
  kind: 'changed' | 'conflict' | 'refused',
): Promise<readonly ImportRowView[]> {
  const query = { kind, limit: String(mostTagged) }
  const { items } = await api.ask<Page<ImportRowView>>('GET /imports/{importId}/rows', { params: { importId }, query })
  return items
}

async function previewImport(visit: Visit, rows: readonly Row[], tier: Tier) {
  const text = ['id,tier', ...rows.map(({ tenant }) => `${tenant.id},${tier}`)].join('\n')
  const { id } = await visit.api.ask<ImportView>('POST /tenants/import', {
    query: { dryRun: 'true' },
    body: { text, name: `tags: ${tier}` },
  })
  const refused = await rowsOf(visit, id, 'refused')
  const words = (reason: string | null) => plainly(reason ?? '', 'It can’t be tagged now.')
  return { id, refused: new Map(refused.map(({ tenantId, reason }) => [tenantId ?? '', { left: words(reason) }])) }
}

/** The tenants that were selected, in their order. @throws AppError `not_found` */
async function tenantsOf(visit: Visit): Promise<readonly TenantView[]> {
  const ids = idsOf(visit)
  const { items } = await visit.api.ask<Page<TenantView>>('GET /tenants', { query: { ids: ids.join(',') } })
  const byId = new Map(items.map((tenant) => [String(tenant.id), tenant]))
  return ids.map((id) => {
    const tenant = byId.get(id)
    if (tenant === undefined) throw new AppError('not_found', 'There is no such tenant.')
    return tenant
  })
}

function previewRow(tenant: TenantView, tier: Tier): Row {
  const gone = tenant.status === 'offboarding' || tenant.status === 'offboarded'
  if (gone) return { tenant, left: 'It is offboarded.' }
  return tenant.tier === tier ? { tenant, left: 'It is tagged so already.' } : { tenant }
}

function previewLine({ tenant, left }: Row, tier: Tier): Html {
  const then = left === undefined ? tierChip(tier) : html`<span class="quiet">unchanged. ${left}</span>`
  return html`<tr><th scope="row">${tenant.name}<span class="id">${tenant.id}</span></th><td data-label="Now">${tierChip(tenant.tier)}</td><td data-label="Then">${then}</td></tr>`
}

function wordOf(tier: Tier): string {
  return tier === 'enterprise' ? 'Enterprise' : 'Standard'
}

function meaning(tier: Tier): string {
  return tier === 'enterprise'
    ? 'Tagging moves nothing by itself. The platform team sees these tenants as awaiting promotion, and moves each to a place of its own while its app goes on working.'
    : 'Tagging moves nothing by itself. A tenant that has a place of its own keeps it until the platform team moves it back.'
}

function tierOf({ form }: Visit): Tier {
  const tier = form.text('tier')
  if (tier === 'enterprise' || tier === 'standard') return tier
  throw new AppError('invalid_request', 'Choose a tier to tag them as.')
}

function idsOf({ form }: Visit): readonly string[] {
  const ids = [...new Set(form.all('id'))]
  if (ids.length === 0) throw new AppError('invalid_request', 'Select the tenants to tag first.')
  if (ids.length > mostTagged) {
    throw new AppError('invalid_request', `Select up to ${mostTagged} tenants at once; an import takes more.`)
  }
  return ids
}
