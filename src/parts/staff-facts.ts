import type { Config } from '../config/config.ts'
import type { CrmSource } from '../crm/crm-source.ts'
import { endOf } from '../moves/advice/announced-ends.ts'
import type { ModelFacts } from '../moves/advice/model-ends.ts'
import type { PriceList } from '../moves/plan/price-list.ts'

/** Settings that routes for staff show and count with. */
export function staffFactsOf(config: Config): {
  readonly approvals: Config['http']['approvals']
  readonly tierLimits: Config['limits']['byTier']
  readonly priceList: PriceList
  readonly crmSources: readonly CrmSource[]
  /** The model that writes answers; undefined: none does. */
  readonly answerModel: string | undefined
  /** Dollars per million tokens, by the embedding model's name. */
  readonly tokenPrices: ReadonlyMap<string, number>
  /** The configured embedding models, and when they end. */
  readonly modelFacts: readonly ModelFacts[]
} {
  const priced = config.embeddingModels.flatMap(({ name, price }) =>
    price === undefined ? [] : [[name, price] as const],
  )
  return {
    approvals: config.http.approvals,
    tierLimits: config.limits.byTier,
    priceList: config.priceList,
    answerModel: config.answer.provider === 'openai' ? config.answer.model : undefined,
    crmSources: config.crmSources.map((one) => ({ ...one, secrets: one.secrets.map((secret) => secret.reveal()) })),
    tokenPrices: new Map(priced),
    modelFacts: config.embeddingModels.map((one) => modelFactsOf(one, config.embedding.name)),
  }
}

function modelFactsOf(settings: Config['embedding'], standard: string): ModelFacts {
  const { name, dimension, price } = settings
  const end = endOf(settings)
  return {
    name,
    dimension,
    isStandard: name === standard,
    ...(price !== undefined && { price }),
    ...(end !== undefined && { end }),
  }
}
