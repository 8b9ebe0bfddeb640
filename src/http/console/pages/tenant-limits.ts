import { html } from 'hono/html'
import { AppError, isAppError } from '../../../errors.ts'
import type { TenantLimits } from '../../../tenants/show-tenant-limits.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import { noteOf } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { notice, number, untilText, when } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'

/** The limits in force, and the way to change them for those who may. */
export function limitsPart({ api, isPlain }: Visit, { id, status }: TenantView, { limits, until }: TenantLimits): Html {
  const ends = until === null ? '' : html`<p class="quiet">Its own limits end ${when(until)} (${untilText(until)}).</p>`
  const isThere = status !== 'offboarding' && status !== 'offboarded'
  const change =
    isThere && !isPlain && mayChange(api)
      ? html`<p><a href="/console/tenants/${id}/limits">Change its limits</a></p>`
      : ''
  return html`<section class="card"><h2>Limits</h2><table class="plain"><tbody>${limits.map(
    ({ name, limit, from, used }) =>
      html`<tr><td>${limitLabel(name)}${from === 'tenant' ? html` <span class="chip">own</span>` : ''}</td><td class="num">${limit === null ? 'none' : number(limit)}${used ? html`<br><span class="quiet">${number(used)} used</span>` : ''}</td></tr>`,
  )}</tbody></table>${ends}${change}</section>`
}

/** Asks for limits of its own; an empty field is the limit of its tier. */
export async function limitsForm(visit: Visit): Promise<PageResult> {
  const { tenant, limits } = await read(visit)
  return { html: formPage(visit, tenant, limits, shownOf(tenant)) }
}

/** Changes them, unless a colleague has done so since the form was opened. */
export async function changeLimits(visit: Visit): Promise<PageResult> {
  const { tenant, limits } = await read(visit)
  const { api, form } = visit
  const names = limits.limits.map(({ name }) => name)
  const typed: Typed = {
    values: Object.fromEntries(names.map((name) => [name, form.text(name).trim()])),
    until: form.text('until').trim(),
  }
  const again = (status: 409 | 422, fault: string): PageResult => ({
    status,
    html: formPage(visit, tenant, limits, typed, fault),
  })
  if (form.text('was') !== stateOf(tenant)) return again(409, 'A colleague has changed its limits meanwhile.')
  const wrong = names.find((name) => typed.values[name] !== '' && !/^\d{1,12}$/.test(typed.values[name] ?? ''))
  if (wrong !== undefined) return again(422, `${limitLabel(wrong)}: type a whole number, or leave it empty.`)
  const own = names.flatMap((name) => (typed.values[name] === '' ? [] : [[name, Number(typed.values[name])] as const]))
  // The field has no time zone; it is read as UTC, which its label says.
  const until = typed.until === '' ? null : `${typed.until.slice(0, 16)}:00Z`
  if (until !== null && Number.isNaN(Date.parse(until))) return again(422, 'Type a day and an hour, or leave it empty.')
  if (until !== null && own.length === 0) return again(422, 'There is no limit of its own that could end.')
  try {
    const was = { limits: tenant.limits, limitsUntil: tenant.limitsUntil }
    const body = { limits: Object.fromEntries(own), limitsUntil: until, was }
    await api.ask('PATCH /tenants/{id}', { params: { id: tenant.id }, body, note: noteOf(form.text('note')) })
  } catch (error) {
    if (!isAppError(error)) throw error
    return again(error.code === 'conflict' ? 409 : 422, error.message)
  }
  return { goTo: `/console/tenants/${tenant.id}` }
}

/** Values as they stand in the form. */
interface Typed {
  readonly values: Readonly<Record<string, string>>
  readonly until: string
}

function shownOf({ limits, limitsUntil }: TenantView): Typed {
  const values = Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)]))
  return { values, until: limitsUntil === null ? '' : limitsUntil.slice(0, 16) }
}

/** Its limits as they were when the form was shown. */
function stateOf({ limits, limitsUntil }: TenantView): string {
  return JSON.stringify([Object.entries(limits).toSorted(([a], [b]) => (a < b ? -1 : 1)), limitsUntil])
}

/** The route itself takes sales too, for other fields. */
function mayChange(api: Visit['api']): boolean {
  return api.may('POST /tenants/{id}/suspend')
}

async function read({ api, context }: Visit) {
  if (!mayChange(api)) throw new AppError('forbidden', 'Your role may not do this.')
  const params = { id: context.req.param('id') ?? '' }
  const [tenant, limits] = await Promise.all([
    api.ask<TenantView>('GET /tenants/{id}', { params }),
    api.ask<TenantLimits>('GET /tenants/{id}/limits', { params }),
  ])
  return { tenant, limits }
}

function formPage(visit: Visit, tenant: TenantView, { limits }: TenantLimits, typed: Typed, fault?: string): Html {
  const body = html`<div class="head"><h1>Limits of ${tenant.name}</h1><span class="id">${tenant.id}</span></div>
<p class="lead">A limit of its own holds instead of that of its tier, on every replica. An empty field is the limit of its tier.</p>
${fault === undefined ? '' : notice('bad', 'Nothing was changed', fault)}
<form method="post" class="card narrow">${csrfInput(visit)}<input type="hidden" name="was" value="${stateOf(tenant)}">${limits.map(
    ({ name, limit, from }) =>
      html`<label class="field">${limitLabel(name)}<input name="${name}" value="${typed.values[name] ?? ''}" inputmode="numeric" pattern="\\s*\\d{0,12}\\s*" autocomplete="off" placeholder="${from === 'tier' && limit !== null ? `${number(limit)}, as its tier` : ''}"></label>`,
  )}
<label class="field">Until <span class="quiet">(optional, in UTC; then those of its tier hold again)</span><input type="datetime-local" name="until" value="${typed.until}"></label>
<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500"></label>
<p class="deeds"><button class="main">Save</button> <a class="button" href="/console/tenants/${tenant.id}">Cancel</a></p></form>`
  return framed(visit, { title: 'Limits', body, at: '/console/tenants' })
}

/** `requestsPerMinute` as words. */
function limitLabel(name: string): string {
  const words = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
