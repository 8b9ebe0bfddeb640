import { html } from 'hono/html'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'

interface Model {
  readonly name: string
  readonly dimension: number
  readonly price: number | null
  readonly endsOn: string | null
  readonly isStandard: boolean
}

/** A person's choice of a move to another model: the fields of the API's call. */
export interface ReembedChoice {
  readonly model: string
  readonly leaveBehind?: number
  readonly maxRecallLoss?: number
}

/** The choice in the address of the page, or in its form; undefined: none was made yet. */
export function reembedChoice({ query, form }: Visit): ReembedChoice | undefined {
  const field = (name: string) => (form.text(name) || query(name) || '').trim()
  const number = (name: string) => (field(name) === '' ? undefined : Number(field(name)))
  const [model, leaveBehind, percent] = [field('model'), number('leaveBehind'), number('lower')]
  if (model === '') return undefined
  return {
    model,
    ...(leaveBehind !== undefined && { leaveBehind }),
    ...(percent !== undefined && { maxRecallLoss: percent / 100 }),
  }
}

/** Whether there is a model to change to. */
export async function hasModels({ api, isPlain }: Visit): Promise<boolean> {
  if (isPlain) return false
  return (await api.ask<{ readonly items: readonly Model[] }>('GET /models')).items.length > 1
}

/** The form by which the model and the conditions are chosen; its plan is then shown below. */
export async function reembedChooser({ api }: Visit, chosen: ReembedChoice | undefined): Promise<Html> {
  const { items } = await api.ask<{ readonly items: readonly Model[] }>('GET /models')
  const option = ({ name, dimension, price, endsOn }: Model) => {
    const cost = price === null ? '' : `, $${price} for a million tokens`
    const end = endsOn === null ? '' : `, ends on ${endsOn}`
    return html`<option value="${name}"${name === chosen?.model ? html` selected` : ''}>${name} (${dimension} dimensions${cost}${end})</option>`
  }
  const { leaveBehind, maxRecallLoss } = chosen ?? {}
  return html`<form method="get" class="card narrow"><label class="field">Model<select name="model">${items.map(option)}</select></label>
<label class="field">Records without a text that may stay behind <span class="quiet">(optional)</span><input name="leaveBehind" type="number" min="0" value="${leaveBehind ?? ''}"></label>
<label class="field">How much less it may find among the first five, in percent <span class="quiet">(optional: it then waits before the switch until that is measured)</span><input name="lower" type="number" min="0" max="100" step="any" value="${percentOf(maxRecallLoss) ?? ''}"></label>
<p class="deeds"><button>Show the plan</button></p></form>`
}

/** The choice as hidden fields of the form that confirms it. */
export function hiddenChoice({ model, leaveBehind, maxRecallLoss }: ReembedChoice): Html {
  const hidden = (name: string, value: number | string | undefined) =>
    value === undefined ? '' : html`<input type="hidden" name="${name}" value="${value}">`
  return html`${hidden('model', model)}${hidden('leaveBehind', leaveBehind)}${hidden('lower', percentOf(maxRecallLoss))}`
}

function percentOf(share: number | undefined): number | undefined {
  return share === undefined ? undefined : Number((share * 100).toFixed(6))
}
