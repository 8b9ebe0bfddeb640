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
  if (plan.refusals.length > 0) {
    // Nothing of it will be done: the reasons follow, as of a command that is refused.
    const from = placeWords(plan.source)
    showDocument(context, options, { plan: `${plan.kind} ${plan.tenantId}; it would be refused`, from })
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
    egress: egressWords(plan.egress),
    ...(relocation !== null && { constraint: constraintWords(relocation) }),
    'a month': monthWords(plan.monthly),
    time: `about ${duration(plan.durationS)} until the switch: ${timesWords(plan.steps)}`,
    binds: `${plan.binds.step}, ${duration(plan.binds.seconds)}: ${plan.binds.words}`,
    'based on': plan.speeds.basis.words,
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

function egressWords({ fromSource, fromTarget, toTarget, perGigabyte, price, note }: MovePlan['egress']): string {
  const bytes = `about ${size(fromSource)} out of the old place and ${size(fromTarget)} out of the new one, ${size(toTarget)} into it`
  const { source, target } = perGigabyte
  if (price === null || source === null || target === null) return `${bytes}. ${note}`
  const each = source === target ? `${dollars(source)} a GB` : `${dollars(source)} and ${dollars(target)} a GB`
  return `${bytes}: ${dollars(price)} at ${each}. ${note}`
}

/** The steps that take a second or more. */
function timesWords(steps: MovePlan['steps']): string {
  const long = steps.filter(({ seconds }) => seconds >= 1).map(({ step, seconds }) => `${step} ${duration(seconds)}`)
  return long.join(', ')
}

function constraintWords({ binds: { constraint, words } }: PlannedRelocation): string {
  return `${constraint.replaceAll('_', ' ')}: ${words}`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
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
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} KB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
