import type { MovePlan, PlannedEmbedding, PlannedPlace, PlannedRelocation } from '../../moves/plan/plan-view.ts'
import type { Context } from './context.ts'
import { dollars } from './dollars.ts'
import { showDocument } from './show.ts'
import type { ReadOptions } from './verb.ts'

/** Shows a plan: as JSON on one line, or for a person with a line for each consideration. */
export function showPlan(context: Context, options: ReadOptions, plan: MovePlan): void {
  if (options.json) {
    context.writeJson(plan)
    return
  }
  const { price, writePause, embedding, relocation } = plan
  showDocument(context, options, {
    plan: `${plan.kind} ${plan.tenantId}; nothing was changed`,
    from: placeWords(plan.source),
    to: plan.target === null ? 'nowhere' : placeWords(plan.target),
    records: `${count(plan.records)}, about ${size(plan.bytes)} (estimated from ${count(plan.sampledRecords)})`,
    units: `${count(plan.units.read)} read, ${count(plan.units.write)} write`,
    price:
      price === null
        ? plan.priceNote
        : `${dollars(price.total)}: ${dollars(price.readUnits)} reads, ${dollars(price.writeUnits)} writes, ${dollars(price.storage)} storage of the old place. ${plan.priceNote}`,
    ...(embedding !== null && { embedding: embeddingWords(embedding) }),
    ...(relocation !== null && { egress: egressWords(relocation), binds: bindingWords(relocation) }),
    'a month': monthWords(plan.monthly),
    time: `about ${Math.ceil(plan.durationS)} s until the switch`,
    'write pause': `about ${writePause.expectedMs} ms, at most ${writePause.atMostMs} ms (from ${writePause.basedOnMoves} moves)`,
    rates: plan.rates
      .map((one) => `${one.index} ${one.call} ${one.perSecond}/s of ${one.limitPerSecond} (${percent(one.share)})`)
      .join('; '),
    quota: plan.quota
      .map((one) => `${one.name.replaceAll('_', ' ')} ${one.used} → ${one.afterwards} of ${one.limit}`)
      .join('; '),
    parity: plan.parity
      .map((one) => (one.equal ? `${one.of} ${one.source}` : `${one.of} ${one.source} is not ${one.target}`))
      .join('; '),
    steps: plan.steps.map((one) => `${one.step}: ${one.does}`).join('; '),
  })
}

function embeddingWords(planned: PlannedEmbedding): string {
  const { model, tokens, price, withoutText, missing, unnamedVectors, seconds, tokensPerMinute, maxRecallLoss } =
    planned
  const demand =
    maxRecallLoss === null
      ? ''
      : `; before the switch it waits for eval to show that recall@5 is lower by ${maxRecallLoss} at most`
  const cost = price === null ? 'no price is set for it' : dollars(price)
  const pace = seconds === 0 ? '' : `, ${(seconds / 3600).toFixed(1)} h at ${count(tokensPerMinute)} tokens a minute`
  return `by ${model}: about ${count(tokens)} tokens, ${cost}${pace}; ${count(withoutText)} record(s) without a text${missing === null ? '' : `, ${count(missing.count)} of them without a supplied vector`}; ${count(unnamedVectors)} request(s) in 7 days with vectors that name no model${demand}`
}

function egressWords({ egress: { bytes, price } }: PlannedRelocation): string {
  const cost =
    price === null ? 'the list has no price of it' : `${dollars(price)} beyond what the vendor’s plan includes`
  return `about ${size(bytes)}, ${cost}`
}

function bindingWords({ binds: { constraint, words } }: PlannedRelocation): string {
  return `${constraint.replaceAll('_', ' ')}: ${words}`
}

function monthWords({ before, after, basis }: MovePlan['monthly']): string {
  const amount = (one: typeof before) => (one === null ? 'no price' : dollars(one.total))
  return before === null && after === null ? basis : `${amount(before)} before, ${amount(after)} after. ${basis}`
}

function placeWords({ kind, index, project, region }: PlannedPlace): string {
  const what = kind === 'silo' ? 'index of its own' : 'shared index'
  return `${index === null ? 'a new' : index}${index === null ? ` ${what}` : `, ${what}`} in ${region}, project ${project}`
}

function count(number: number): string {
  return number.toLocaleString('en')
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
