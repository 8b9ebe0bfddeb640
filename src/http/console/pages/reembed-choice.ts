import { html } from 'hono/html'
import type { Visit } from '../kit/visit.ts'
import type { DeedChoice } from './deed-choice.ts'

interface Model {
  readonly name: string
  readonly dimension: number
  readonly price: number | null
  readonly endsOn: string | null
  readonly isStandard: boolean
}

/** The choice of a move to another model: the model and the conditions. */
export const reembedChoice: DeedChoice = {
  fields: ['model', 'leaveBehind', 'lower'],
  isOffered: async (visit) => (await readModels(visit)).length > 1,
  isMade: ({ model }) => model !== undefined,
  missing: 'Choose a model.',
  bodyOf: ({ model, leaveBehind, lower }) => ({
    model,
    ...(leaveBehind !== undefined && { leaveBehind: Number(leaveBehind) }),
    ...(lower !== undefined && { maxRecallLoss: Number(lower) / 100 }),
  }),
  async form(visit, { model, leaveBehind = '', lower = '' }) {
    const option = ({ name, dimension, price, endsOn }: Model) => {
      const cost = price === null ? '' : `, $${price} for a million tokens`
      const end = endsOn === null ? '' : `, ends on ${endsOn}`
      return html`<option value="${name}"${name === model ? html` selected` : ''}>${name} (${dimension} dimensions${cost}${end})</option>`
    }
    return html`<form method="get" class="card narrow"><label class="field">Model<select name="model">${(await readModels(visit)).map(option)}</select></label>
<label class="field">Records without a text that may stay behind <span class="quiet">(optional)</span><input name="leaveBehind" type="number" min="0" value="${leaveBehind}"></label>
<label class="field">How much less it may find among the first five, in percent <span class="quiet">(optional: it then waits before the switch until that is measured)</span><input name="lower" type="number" min="0" max="100" step="any" value="${lower}"></label>
<p class="deeds"><button>Show the plan</button></p></form>`
  },
}

async function readModels({ api }: Visit): Promise<readonly Model[]> {
  return (await api.ask<{ readonly items: readonly Model[] }>('GET /models')).items
}
