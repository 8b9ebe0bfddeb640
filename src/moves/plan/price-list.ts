import { type AnswerPrice, answerPrices } from './answer-prices.ts'

/** The vendor's prices in US dollars. Prices are defined only here. */
export interface PriceList {
  /** Date of these prices. */
  readonly asOf: string
  readonly plan: string
  readonly source: string
  /** Prices by cloud and region, as in `aws/us-east-1`. */
  readonly regions: Readonly<Record<string, Prices>>
  /** Prices for regions that are not listed, if the operator has such; without them such a region has none. */
  readonly otherwise?: Prices
  /** Prices of models that write answers, by name; a model that is not there has none. */
  readonly answerModels: Readonly<Record<string, AnswerPrice>>
}

export interface Prices {
  readonly perMillionReadUnits: number
  readonly perMillionWriteUnits: number
  readonly perGigabyteMonth: number
  /** Beyond what the plan includes; without it egress is counted and not priced. */
  readonly perGigabyteEgress?: number
}

/**
 * List prices on demand, without discounts, of the regions whose price was looked up. Another region has no price,
 * rather than this one's: PRICE_LIST adds it.
 */
export const listPrices: PriceList = {
  asOf: '2026-11-04',
  plan: 'Standard',
  source: 'https://www.pinecone.io/pricing/',
  regions: {
    'aws/us-east-1': { perMillionReadUnits: 16, perMillionWriteUnits: 4, perGigabyteMonth: 0.33 },
  },
  answerModels: answerPrices.models,
}

/** The price of a model that writes answers; a date at the end of its name is a version of the same. */
export function answerPriceOf({ answerModels }: PriceList, model: string): AnswerPrice | undefined {
  return ownOf(answerModels, model) ?? ownOf(answerModels, model.replace(/-\d{4}-\d\d-\d\d$/, ''))
}

function ownOf(models: PriceList['answerModels'], name: string): AnswerPrice | undefined {
  return Object.hasOwn(models, name) ? models[name] : undefined
}

/** The prices of a region; undefined: the list has none. */
export function pricesOf(list: PriceList, cloud: string, region: string): Prices | undefined {
  return list.regions[`${cloud}/${region}`] ?? list.otherwise
}

/**
 * Parses a price list from JSON: an operator's own contract instead of the list prices.
 * @throws Error with one sentence that names the fault.
 */
export function parsePriceList(json: unknown): PriceList {
  const { asOf, plan, source = '', regions = {}, otherwise, answerModels } = objectAt(json, 'The price list')
  if (typeof asOf !== 'string' || typeof plan !== 'string' || typeof source !== 'string')
    throw new Error('The price list needs the words asOf (a date) and plan, and source may say where it is from.')
  const listed = Object.entries(objectAt(regions, 'regions'))
  return {
    asOf,
    plan,
    source,
    regions: Object.fromEntries(listed.map(([name, prices]) => [name, pricesAt(prices, `regions.${name}`)])),
    ...(otherwise !== undefined && { otherwise: pricesAt(otherwise, 'otherwise') }),
    answerModels: answerModels === undefined ? answerPrices.models : answerModelsAt(answerModels),
  }
}

function answerModelsAt(value: unknown): PriceList['answerModels'] {
  const models = Object.entries(objectAt(value, 'answerModels')).map(([model, one]) => {
    const path = `answerModels.${model}`
    const price = (name: keyof AnswerPrice) => priceIn(objectAt(one, path), name, path)
    return [model, { perMillionInput: price('perMillionInput'), perMillionOutput: price('perMillionOutput') }] as const
  })
  return Object.fromEntries(models)
}

function pricesAt(value: unknown, path: string): Prices {
  const prices = objectAt(value, path)
  const price = (name: keyof Prices) => priceIn(prices, name, path)
  return {
    perMillionReadUnits: price('perMillionReadUnits'),
    perMillionWriteUnits: price('perMillionWriteUnits'),
    perGigabyteMonth: price('perGigabyteMonth'),
    ...(prices.perGigabyteEgress !== undefined && { perGigabyteEgress: price('perGigabyteEgress') }),
  }
}

function priceIn(prices: Readonly<Record<string, unknown>>, name: string, path: string): number {
  const number = prices[name]
  if (typeof number === 'number' && number >= 0 && Number.isFinite(number)) return number
  throw new Error(`${path}.${name} of the price list is not a price.`)
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${path} of the price list is not an object.`)
}
