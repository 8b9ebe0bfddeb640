import { html } from 'hono/html'
import { AppError, isAppError } from '../../../errors.ts'
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
  readonly tenant: Pick<TenantView, 'name' | 'tier' | 'awaitingPromotion'> & { readonly id: string }
  /** Why nothing will be done; undefined: it will be tagged. */
  readonly left?: string
}

/** Shows how tagging would change the selected tenants, before anything is changed. */
export async function previewTags(visit: Visit): Promise<PageResult> {
  const tier = tierOf(visit)
  const ids = idsOf(visit)
  const rows = await Promise.all(ids.map((id) => previewRow(visit, id, tier)))
  const changed = rows.filter(({ left }) => left === undefined)
  const word = tier === 'enterprise' ? 'Enterprise' : 'Standard'
  const title = changed.length === 0 ? 'Nothing to tag' : `Tag ${count(changed.length, 'tenant')} as ${word}?`
  const body = html`<div class="head"><h1>${title}</h1></div>
<p class="lead">${meaning(tier)}</p>
<form method="post" action="/console/tenants/tagged" class="stack">${csrfInput(visit)}<input type="hidden" name="tier" value="${tier}">
<table class="list"><thead><tr><th scope="col">Tenant</th><th scope="col">Now</th><th scope="col">Then</th></tr></thead><tbody>${rows.map((row) => previewLine(row, tier))}</tbody></table>
${
  changed.length === 0
    ? html`<p><a class="button" href="${at}">Back</a></p>`
    : html`<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500" placeholder="As in: contract signed, ACV 48k"></label>
<p class="deeds"><button class="main">Tag ${count(changed.length, 'tenant')}</button> <a class="button" href="${at}">Cancel</a></p>`
}</form>`
  return { html: framed(visit, { title, body, at }) }
}

/** Tags them. One that a colleague changed since the preview is shown and left as it is. */
export async function applyTags(visit: Visit): Promise<PageResult> {
  const tier = tierOf(visit)
  const note = noteOf(visit.form.text('note'))
  const rows: Row[] = []
  for (const shown of visit.form.all('row')) {
    const [id = '', was = ''] = shown.split(' ')
    rows.push(await tagOne(visit, { id, was, tier, note }))
  }
  const left = rows.filter((row) => row.left !== undefined)
  const done = rows.filter((row) => row.left === undefined)
  const word = tier === 'enterprise' ? 'Enterprise' : 'Standard'
  const title = `${count(done.length, 'tenant')} tagged as ${word}`
  const body = html`<div class="head"><h1>${title}</h1></div>
${left.length === 0 ? '' : notice('warn', `${count(left.length, 'tenant was', 'tenants were')} left as they are`, 'Nothing of these was changed. Look at each one, and tag it again if it should be.')}
${done.length === 0 ? '' : notice('good', 'Done', meaning(tier))}
<table class="list"><thead><tr><th scope="col">Tenant</th><th scope="col">Tier</th><th scope="col">What happened</th></tr></thead><tbody>${[...left, ...done].map(resultLine)}</tbody></table>
<p><a class="button main" href="${at}">Back to the tenants</a> ${tier === 'enterprise' ? html`<a class="button" href="${at}?state=awaiting">Those awaiting promotion</a>` : ''}</p>`
  return { html: framed(visit, { title, body, at }) }
}

interface TagWish {
  readonly id: string
  readonly was: string
  readonly tier: Tier
  readonly note: string | undefined
}

async function tagOne({ api, isPlain }: Visit, { id, was, tier, note }: TagWish): Promise<Row> {
  const params = { id }
  let tenant: Row['tenant'] = { id, name: id, tier: was === 'enterprise' ? was : 'standard', awaitingPromotion: false }
  try {
    tenant = await api.ask<TenantView>('GET /tenants/{id}', { params })
    if (tenant.tier !== was) {
      const what = tenant.tier === tier ? 'tagged it so' : 'changed its tier'
      return { tenant, left: `A colleague has ${what} meanwhile.` }
    }
    return { tenant: await api.ask<TenantView>('PATCH /tenants/{id}', { params, body: { tier }, note }) }
  } catch (error) {
    if (!isAppError(error)) throw error
    const left = isPlain ? plainly(error.message, 'This is not possible now; ask the platform team.') : error.message
    return { tenant, left }
  }
}

async function previewRow({ api }: Visit, id: string, tier: Tier): Promise<Row> {
  const tenant = await api.ask<TenantView>('GET /tenants/{id}', { params: { id } })
  const gone = tenant.status === 'offboarding' || tenant.status === 'offboarded'
  if (gone) return { tenant, left: 'It is offboarded.' }
  return tenant.tier === tier ? { tenant, left: 'It is tagged so already.' } : { tenant }
}

function previewLine({ tenant, left }: Row, tier: Tier): Html {
  const then =
    left === undefined
      ? html`${tierChip(tier)}<input type="hidden" name="row" value="${tenant.id} ${tenant.tier}">`
      : html`<span class="quiet">unchanged. ${left}</span>`
  return html`<tr><th scope="row">${tenant.name}<span class="id">${tenant.id}</span></th><td data-label="Now">${tierChip(tenant.tier)}</td><td data-label="Then">${then}</td></tr>`
}

function resultLine({ tenant, left }: Row): Html {
  return html`<tr><th scope="row"><a href="${at}/${tenant.id}">${tenant.name}</a><span class="id">${tenant.id}</span></th><td data-label="Tier">${tierChip(tenant.tier)}</td><td data-label="What happened">${left ?? (tenant.awaitingPromotion ? 'Tagged; it now awaits promotion' : 'Tagged')}</td></tr>`
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
