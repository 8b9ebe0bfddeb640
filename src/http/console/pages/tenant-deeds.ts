import { html } from 'hono/html'
import { AppError, isAppError } from '../../../errors.ts'
import type { MovePlan } from '../../../moves/plan/plan-view.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import { noteOf, type RouteName } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { notice } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { type Chosen, chosenIn, type DeedChoice, hiddenChoice, wasAsked } from './deed-choice.ts'
import { planPart } from './move-plan.ts'
import { reembedChoice } from './reembed-choice.ts'
import { relocationChoice } from './relocation-choice.ts'

/** Something that is done with one tenant, after its name was typed. */
interface Deed {
  readonly verb: string
  readonly button: string
  readonly route: RouteName
  readonly body?: object
  /** A move has a plan, which is shown first. */
  readonly isMove?: true
  /** A choice that is made before its plan is shown. */
  readonly choice?: DeedChoice
  /** Cannot be undone, or stops the tenant's app. */
  readonly isGrave?: true
  readonly text: string
  fits(tenant: TenantView): boolean
}

const isAtRest = ({ status, move }: TenantView) => (status === 'active' || status === 'suspended') && move === null

const deeds: readonly Deed[] = [
  {
    verb: 'promote',
    button: 'Promote',
    route: 'POST /tenants/{id}/moves',
    body: { kind: 'promote' },
    isMove: true,
    text: 'It moves to a place of its own while its app goes on reading and writing. Writes wait for the moment of the switch. It can be undone for as long as the old place is kept.',
    fits: (tenant) => isAtRest(tenant) && tenant.placement?.kind === 'pool',
  },
  {
    verb: 'demote',
    button: 'Move to a shared place',
    route: 'POST /tenants/{id}/moves',
    body: { kind: 'demote' },
    isMove: true,
    text: 'It moves back to a shared place while its app goes on reading and writing.',
    fits: (tenant) => isAtRest(tenant) && tenant.placement?.kind === 'silo',
  },
  {
    verb: 'rebalance',
    button: 'Move to another shared place',
    route: 'POST /tenants/{id}/moves',
    body: { kind: 'rebalance' },
    isMove: true,
    text: 'It moves to another shared place while its app goes on reading and writing. It can be undone for as long as the old place is kept.',
    fits: (tenant) => isAtRest(tenant) && tenant.placement?.kind === 'pool',
  },
  {
    verb: 'reembed',
    button: 'Change its embedding model',
    route: 'POST /tenants/{id}/moves',
    body: { kind: 'reembed' },
    isMove: true,
    choice: reembedChoice,
    text: 'Every text is embedded anew by another model while its app goes on reading and writing. It can be undone for as long as the old place is kept.',
    fits: isAtRest,
  },
  {
    verb: 'relocate',
    button: 'Move to another region or project',
    route: 'POST /tenants/{id}/moves',
    body: { kind: 'relocate' },
    isMove: true,
    choice: relocationChoice,
    text: 'It moves to another region or project while its app goes on reading and writing. With a region, its records must stay there from the switch on. It can be undone for as long as the old place is kept.',
    fits: isAtRest,
  },
  {
    verb: 'suspend',
    button: 'Suspend',
    route: 'POST /tenants/{id}/suspend',
    isGrave: true,
    text: 'Its app is refused from now on, on every replica. Its data stays, and you can resume it at any time.',
    fits: ({ status }) => status === 'active',
  },
  {
    verb: 'resume',
    button: 'Resume',
    route: 'POST /tenants/{id}/resume',
    text: 'Its app is served again.',
    fits: ({ status }) => status === 'suspended',
  },
  {
    verb: 'offboard',
    button: 'Offboard',
    route: 'DELETE /tenants/{id}',
    isGrave: true,
    text: 'Its app is refused at once, its keys are revoked, and all of its data is deleted. There is no way back. When the store shows that it is gone, this page has the receipt.',
    fits: (tenant) => isAtRest(tenant),
  },
]

/** The deeds that this person may do with this tenant now; none whose choice has nothing to choose from. */
export async function deedsFor(visit: Visit, tenant: TenantView): Promise<readonly Deed[]> {
  const fitting = deeds.filter(({ route, fits }) => visit.api.may(route) && fits(tenant))
  const offered = await Promise.all(fitting.map(({ choice }) => choice?.isOffered(visit) ?? true))
  return fitting.filter((_, position) => offered[position])
}

/** Asks for the tenant's id, and shows what will happen. */
export async function askDeed(visit: Visit): Promise<PageResult> {
  const { tenant, deed } = await find(visit)
  return { html: await askPage(visit, tenant, deed) }
}

/** Does it, once the id was typed. */
export async function doDeed(visit: Visit): Promise<PageResult> {
  const { tenant, deed } = await find(visit)
  if (visit.form.text('typed').trim() !== tenant.id) {
    return { status: 422, html: await askPage(visit, tenant, deed, `Type ${tenant.id} to confirm.`) }
  }
  const { api, form } = visit
  const body = bodyOf(deed, chosenFor(visit, deed))
  const call = { params: { id: tenant.id }, body, note: noteOf(form.text('note')) }
  try {
    const { json } = await api.reply(deed.route, call)
    const answer = json as { readonly id?: string; readonly status?: string }
    if (answer.status === 'awaiting_approval') return { goTo: '/console/approvals' }
    return { goTo: deed.isMove ? `/console/moves/${answer.id}` : `/console/tenants/${tenant.id}` }
  } catch (error) {
    if (!isAppError(error)) throw error
    return { status: 409, html: await askPage(visit, tenant, deed, error.message) }
  }
}

async function find({ api, context }: Visit): Promise<{ readonly tenant: TenantView; readonly deed: Deed }> {
  const { id = '', verb } = context.req.param()
  const deed = deeds.find((one) => one.verb === verb)
  if (deed === undefined) throw new AppError('not_found', 'The console has no such page.', { shown: true })
  if (!api.may(deed.route)) throw new AppError('forbidden', 'Your role may not do this.')
  return { tenant: await api.ask<TenantView>('GET /tenants/{id}', { params: { id } }), deed }
}

async function askPage(visit: Visit, tenant: TenantView, deed: Deed, fault?: string): Promise<Html> {
  const title = `${deed.button}: ${tenant.name}`
  const { choice } = deed
  const chosen = chosenFor(visit, deed)
  const isOpen = choice !== undefined && chosen === undefined
  const plan = deed.isMove && !isOpen ? await readPlan(visit, tenant, bodyOf(deed, chosen)) : undefined
  const isRefused =
    isOpen || !deed.fits(tenant) || (plan !== undefined && (!('steps' in plan) || plan.refusals.length > 0))
  const body = html`<div class="head"><h1>${title}</h1><span class="id">${tenant.id}</span></div>
<p class="lead">${deed.text}</p>
${fault === undefined ? '' : notice('bad', 'Nothing was changed', fault)}
${deed.fits(tenant) ? '' : notice('warn', 'This does not fit the tenant as it is now', 'A colleague may have been faster. Look at the tenant again.')}
${isOpen && wasAsked(visit, choice) ? notice('warn', 'There is nothing to plan yet', choice.missing) : ''}
${choice !== undefined && deed.fits(tenant) ? await choice.form(visit, chosen ?? {}) : ''}
${plan === undefined ? '' : 'steps' in plan ? planPart(plan) : notice('warn', 'It can’t be planned now', plan.why)}
${
  isRefused
    ? html`<p><a class="button" href="/console/tenants/${tenant.id}">Back</a></p>`
    : html`<form method="post" class="card narrow">${csrfInput(visit)}${chosen === undefined ? '' : hiddenChoice(chosen)}
<label class="field">Type <code>${tenant.id}</code> to confirm<input name="typed" required autocomplete="off" spellcheck="false" pattern="\\s*${tenant.id}\\s*" title="${tenant.id}"></label>
<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500"></label>
<p class="deeds"><button class="${deed.isGrave ? 'danger' : 'main'}">${deed.button}</button> <a class="button" href="/console/tenants/${tenant.id}">Cancel</a></p></form>`
}`
  return framed(visit, { title, body, at: '/console/tenants' })
}

function chosenFor(visit: Visit, { choice }: Deed): Chosen | undefined {
  return choice === undefined ? undefined : chosenIn(visit, choice)
}

function bodyOf({ body, choice }: Deed, chosen: Chosen | undefined): object | undefined {
  return choice === undefined || chosen === undefined ? body : { ...body, ...choice.bodyOf(chosen) }
}

async function readPlan(
  { api }: Visit,
  { id }: TenantView,
  body: object | undefined,
): Promise<MovePlan | { readonly why: string }> {
  try {
    return await api.ask<MovePlan>('POST /tenants/{id}/moves', { params: { id }, body: { ...body, plan: true } })
  } catch (error) {
    if (!isAppError(error)) throw error
    return { why: error.message }
  }
}
