import { html } from 'hono/html'
import { isAppError } from '../../../errors.ts'
import { salesAttributes } from '../../../tenants/sales-attributes.ts'
import type { TenantView } from '../../../tenants/tenant-view.ts'
import type { Html } from '../kit/html.ts'
import { noteOf } from '../kit/staff-api.ts'
import type { PageResult, Visit } from '../kit/visit.ts'
import { notice } from '../parts/bits.ts'
import { csrfInput, framed } from '../parts/frame.ts'
import { attributeNames, plainly } from '../parts/words.ts'

/** The account's fields that belong to sales, to change. */
export async function accountForm(visit: Visit): Promise<PageResult> {
  const tenant = await read(visit)
  return { html: formPage(visit, tenant, tenant.attributes) }
}

/** Changes them, unless a colleague has changed one since the form was opened. */
export async function changeAccount(visit: Visit): Promise<PageResult> {
  const tenant = await read(visit)
  const { api, form, isPlain } = visit
  const wanted = Object.fromEntries(salesAttributes.map((name) => [name, form.text(name).trim()]))
  const taken = salesAttributes.filter((name) => form.text(`was-${name}`) !== fieldOf(tenant, name))
  if (taken.length > 0) {
    const names = taken.map((name) => `${attributeNames[name]}: ${fieldOf(tenant, name) || 'nothing'}`).join('; ')
    return {
      status: 409,
      html: formPage(visit, tenant, wanted, `A colleague has changed this meanwhile. It is now ${names}.`),
    }
  }
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ''))
  const others = Object.entries(tenant.attributes).filter(
    ([name]) => !(salesAttributes as readonly string[]).includes(name),
  )
  const attributes = isPlain ? given : { ...Object.fromEntries(others), ...given }
  try {
    await api.ask('PATCH /tenants/{id}', {
      params: { id: tenant.id },
      // Somebody may change it between the look above and this.
      body: { attributes, was: { attributes: tenant.attributes } },
      note: noteOf(form.text('note')),
    })
  } catch (error) {
    if (!isAppError(error)) throw error
    const words = isPlain ? plainly(error.message, 'The platform team can say why.') : error.message
    const isOvertaken = error.code === 'conflict'
    const shown = isOvertaken ? await read(visit) : tenant
    return { status: isOvertaken ? 409 : 422, html: formPage(visit, shown, wanted, words) }
  }
  return { goTo: `/console/tenants/${tenant.id}` }
}

function read({ api, context }: Visit): Promise<TenantView> {
  return api.ask<TenantView>('GET /tenants/{id}', { params: { id: context.req.param('id') ?? '' } })
}

function fieldOf({ attributes }: Pick<TenantView, 'attributes'>, name: string): string {
  return String(attributes[name] ?? '')
}

function formPage(visit: Visit, tenant: TenantView, shown: TenantView['attributes'], fault?: string): Html {
  const body = html`<div class="head"><h1>Account of ${tenant.name}</h1><span class="id">${tenant.id}</span></div>
${fault === undefined ? '' : notice('bad', 'Nothing was changed', fault)}
<form method="post" class="card narrow">${csrfInput(visit)}${salesAttributes.map(
    (name) =>
      html`<label class="field">${attributeNames[name]}<input name="${name}" value="${String(shown[name] ?? '')}" maxlength="500" autocomplete="off"></label><input type="hidden" name="was-${name}" value="${fieldOf(tenant, name)}">`,
  )}
<label class="field">Reason <span class="quiet">(optional, kept in the audit)</span><input name="note" maxlength="500"></label>
<p class="deeds"><button class="main">Save</button> <a class="button" href="/console/tenants/${tenant.id}">Cancel</a></p></form>`
  return framed(visit, { title: 'Account', body, at: '/console/tenants' })
}
