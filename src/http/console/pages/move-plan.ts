import { html } from 'hono/html'
import type {
  MovePlan,
  PlannedEmbedding,
  PlannedPlace,
  PlannedRefusal,
  PlannedRelocation,
} from '../../../moves/plan/plan-view.ts'
import type { Html } from '../kit/html.ts'
import { type Fact, facts, notice, number } from '../parts/bits.ts'
import { moneyText } from '../parts/money.ts'

/** The plan of a move: its effects and its cost, before anything is done. */
export function planPart(plan: MovePlan): Html {
  const { monthly, refusals, records, durationS, writePause, price, priceNote, steps, target, source, quota } = plan
  const { embedding, relocation, binds, speeds, egress } = plan
  return html`<section class="card"><h2>The plan</h2>
${refusals.map((refusal) => notice('bad', 'It would be refused', refusalText(refusal)))}
${facts([
  { name: 'From', value: placeText(source, relocation) },
  ...(target === null ? [] : [{ name: 'To', value: placeText(target, relocation) }]),
  { name: 'Records', value: number(records) },
  ...(embedding === null ? [] : embeddingPlan(embedding)),
  ...(relocation === null ? [] : relocationPlan(relocation)),
  { name: 'Until the switch', value: `about ${durationText(durationS)}` },
  {
    name: 'What sets the time',
    value: html`${binds.step}, ${durationText(binds.seconds)}: ${binds.words} <span class="quiet">${speeds.basis.words}</span>`,
  },
  { name: 'Read out of the places', value: egressText(egress) },
  {
    name: 'Writes wait',
    value: `about ${number(writePause.expectedMs)} ms, at most ${number(writePause.atMostMs)} ms`,
  },
  {
    name: 'Cost of the move, an estimate',
    value: price === null ? priceNote : `${moneyText(price.total)}, by the list of ${price.asOf}`,
  },
  { name: 'Cost of a month', value: monthText(monthly) },
  ...quota.map(({ name, afterwards, limit }) => ({
    name: name === 'indexes_in_project' ? 'Indexes in the project' : 'Tenants in the index',
    value: `${number(afterwards)} of ${number(limit)} afterwards`,
  })),
])}
<table class="plain steps"><thead><tr><th scope="col">Step</th><th scope="col">What it does</th><th scope="col" class="num">About</th></tr></thead><tbody>${steps.map(
    ({ step, does, seconds }) =>
      html`<tr><th scope="row">${step}</th><td>${does}</td><td class="num">${durationText(seconds)}</td></tr>`,
  )}</tbody></table></section>`
}

/** The fields of the forms above a plan, by their labels there. */
const labels: Readonly<Record<string, string>> = {
  region: 'Region',
  project: 'Project',
  model: 'Model',
  leaveBehind: 'Records without a text that may stay behind',
}

/** A reason against a move, and the fields that would lift it; one that no form has is left out. */
function refusalText({ message, faults }: PlannedRefusal): string {
  const fields = faults.flatMap(({ path, message: words }) => {
    const label = labels[path]
    return label === undefined ? [] : [`${label}: ${words}.`]
  })
  return [message, ...fields].join(' ')
}

/** A place of the plan, with its project where that may change. */
function placeText({ index, region, project }: PlannedPlace, relocation: PlannedRelocation | null): Html {
  return html`<code>${index ?? 'a new index'}</code>, ${region}${relocation === null ? '' : `, project ${project}`}`
}

function relocationPlan({ binds }: PlannedRelocation): readonly Fact[] {
  return [{ name: 'What decides where', value: binds.words }]
}

function egressText({ fromSource, fromTarget, toTarget, price, note }: MovePlan['egress']): Html {
  const bytes = `about ${sizeText(fromSource)} of the old one and ${sizeText(fromTarget)} of the new one, which gets ${sizeText(toTarget)}`
  return html`${bytes}${price === null ? '' : `: ${moneyText(price)}`} <span class="quiet">${note}</span>`
}

function embeddingPlan(planned: PlannedEmbedding): readonly Fact[] {
  const { model, tokens, price, seconds, withoutText, unnamedVectors, maxRecallLoss } = planned
  const cost = price === null ? 'no price is set for the model' : `about ${moneyText(price)}`
  const time = seconds === 0 ? '' : `, ${durationText(seconds)} at the limits`
  const facts: Fact[] = [
    { name: 'Embedded anew by', value: model },
    { name: 'Tokens', value: `about ${number(tokens)}, ${cost}${time}` },
    { name: 'Records without a text', value: number(withoutText) },
    { name: 'Vectors without a model in 7 days', value: `${number(unnamedVectors)} requests` },
  ]
  if (maxRecallLoss === null) return facts
  const words = `until it is measured to find ${(maxRecallLoss * 100).toFixed(1)} % less at most`
  return [...facts, { name: 'Waits before the switch', value: words }]
}

function monthText({ before, after, basis }: MovePlan['monthly']): Html | string {
  if (before === null && after === null) return basis
  const amount = (one: typeof before) => (one === null ? 'no price for the region' : moneyText(one.total))
  return html`${amount(before)} now, ${amount(after)} afterwards <span class="quiet">${basis}</span>`
}

function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} KB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

function durationText(seconds: number): string {
  if (seconds < 1) return 'a moment'
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${number(Math.round(seconds / 3600))} h`
}
