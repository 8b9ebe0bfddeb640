import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { isCustomer } from '../../registry/is-customer.ts'
import { announcedEnds, type KnownEnd } from './announced-ends.ts'

/** A configured embedding model. */
export interface ModelFacts {
  readonly name: string
  readonly dimension: number
  /** US dollars for a million tokens, where known. */
  readonly price?: number
  readonly end?: KnownEnd
  /** Whether new tenants get it. */
  readonly isStandard: boolean
}

/** A model that ends, and what it takes to give its tenants another. Records, tokens, price and time are estimates. */
export interface ModelEnd {
  readonly model: string
  /** A day, ISO 8601. */
  readonly endsOn: string
  /** The page that announced it, or the setting that names it. */
  readonly source: string
  /** When the list of announced ends was made. */
  readonly asOf: string
  /** The configured model to go to; null: every one ends no later. */
  readonly to: string | null
  readonly tenants: number
  readonly records: number
  /** Null: nothing that was written is counted yet. */
  readonly tokens: number | null
  /** In US dollars by the price of `to`; null: the settings name none. */
  readonly price: number | null
  /** Hours at the movers' budget of tokens; null without one. */
  readonly hours: number | null
  /** All of it in one sentence. */
  readonly words: string
}

interface Deps {
  readonly db: Tx
  readonly models: readonly ModelFacts[]
  /** Tokens that movers embed a minute; 0: no limit. */
  readonly tokensPerMinute: number
  /** The present day, ISO 8601. */
  readonly today: string
}

/** Typical of English; other languages have more tokens to a byte or fewer. */
const bytesOfToken = 4

/** Lists the configured models that end and that tenants have, or would get; the next end first. */
export async function listModelEnds({ db, models, tokensPerMinute, today }: Deps): Promise<readonly ModelEnd[]> {
  const ends: ModelEnd[] = []
  for (const facts of models) {
    if (facts.end === undefined) continue
    const { tenants, records, tokens } = await measure(db, facts)
    if (tenants === 0 && !facts.isStandard) continue
    const { name: model, end } = facts
    const to = successor(models, facts, end.endsOn)
    const price = tokens === null || to?.price === undefined ? null : (tokens / 1e6) * to.price
    const hours = tokens === null || tokensPerMinute === 0 ? null : tokens / tokensPerMinute / 60
    const { asOf } = announcedEnds
    const one = { model, ...end, asOf, to: to?.name ?? null, tenants, records, tokens, price, hours }
    ends.push({ ...one, words: wordsOf(one, today) })
  }
  return ends.sort((one, other) => one.endsOn.localeCompare(other.endsOn))
}

/** The model of new tenants where it stays longer, else the first that does. */
function successor(models: readonly ModelFacts[], { name }: ModelFacts, endsOn: string): ModelFacts | undefined {
  const lasting = models.filter((one) => one.name !== name && (one.end === undefined || one.end.endsOn > endsOn))
  return lasting.find(({ isStandard }) => isStandard) ?? lasting[0]
}

/**
 * Tenants of a model and their records: by the store's last counts, or by their documents where the store was never
 * asked. Tokens by the bytes that they wrote lately, without those of vectors.
 */
async function measure(db: Tx, { name, dimension }: ModelFacts) {
  const [row] = await db.execute<{ tenants: number; records: string; written: string; bytes: string }>(sql`
    with those as (
      select t.id from tenants t
      join places p on p.tenant_id = t.id and p.state = 'active'
      join indexes i on i.id = p.index_id and i.embedding_model = ${name} and i.dimension = ${dimension}
      where t.status in ('active', 'suspended') and ${isCustomer(sql`t.id`)})
    select (select count(*)::int from those) as tenants,
      (select coalesce(sum(coalesce(s.records, d.chunks, 0)), 0) from those
        left join tenant_sizes s on s.tenant_id = those.id
        left join lateral (select sum(chunk_count) as chunks from documents
          where s.records is null and tenant_id = those.id and state = 'ready') d on true) as records,
      (select coalesce(sum(written_records), 0) from tenant_requests where tenant_id in (select id from those)) as written,
      (select coalesce(sum(written_bytes), 0) from tenant_requests where tenant_id in (select id from those)) as bytes`)
  if (row === undefined) throw new Error('a count has a row')
  const [records, written, bytes] = [Number(row.records), Number(row.written), Number(row.bytes)]
  const textBytes = written === 0 ? null : Math.max(0, bytes / written - 4 * dimension)
  const tokens = records === 0 ? 0 : textBytes === null ? null : Math.round((textBytes / bytesOfToken) * records)
  return { tenants: row.tenants, records, tokens }
}

function wordsOf(end: Omit<ModelEnd, 'words'>, today: string): string {
  const { model, endsOn, to, tenants, records, price, hours } = end
  const verb = endsOn < today ? 'ended' : 'ends'
  const cost = price === null ? [] : [`about ${dollarsOf(price)}`]
  const time = hours === null ? [] : [`${hoursOf(hours)} at your limits`]
  const amounts = [`${count(tenants)} ${tenants === 1 ? 'tenant' : 'tenants'}`, `${count(records)} records`]
  const target =
    to === null ? 'No other configured model stays longer: add one to EMBEDDING_MODELS' : `${to} stays longer`
  return `${model} ${verb} on ${endsOn}: ${[...amounts, ...cost, ...time].join(', ')}. ${target}.`
}

function count(number: number): string {
  return number < 1e6 ? number.toLocaleString('en') : `${(number / 1e6).toFixed(1)} M`
}

function dollarsOf(price: number): string {
  return price < 10 ? `$${price.toFixed(2)}` : `$${Math.round(price).toLocaleString('en')}`
}

function hoursOf(hours: number): string {
  return hours < 1 ? 'less than 1 h' : `${Math.round(hours).toLocaleString('en')} h`
}
