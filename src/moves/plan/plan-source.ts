import type { RecordFields } from '../../placement/record-fields.ts'
import { textIn } from '../../stores/record-text.ts'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { type PlannedSpeeds, type StoreMs, speedsOf } from './plan-speeds.ts'

export interface SourceSize {
  readonly records: number
  /** Estimated from a page of records. */
  readonly bytes: number
  readonly sampled: number
  /** Tokens of the sampled texts, as texts of most languages have them. */
  readonly sampledTokens: number
  readonly speeds: PlannedSpeeds
}

/** Measures a place's size and speeds by three reads. */
export async function measureSource(
  store: TenantStore,
  fields: Pick<RecordFields, 'text'>,
  storeMs: StoreMs,
  signal: AbortSignal,
): Promise<SourceSize> {
  const records = (await store.describeNamespace({ signal }))?.recordCount ?? 0
  const [page, listMs] = await timed(() => store.list({ limit: 100 }, { signal }))
  const { dimension } = store.placement.vectors
  if (page.ids.length === 0) {
    const speeds = speedsOf({ ids: [], listMs, fetched: undefined }, dimension, storeMs)
    return { records, bytes: 0, sampled: 0, sampledTokens: 0, speeds }
  }
  const [{ records: sample }, fetchMs] = await timed(() => store.fetch(page.ids, { signal }))
  const sampleBytes = [...sample.values()].reduce((sum, record) => sum + recordBytes(record), 0)
  const bytes = Math.round((sampleBytes / Math.max(1, sample.size)) * records)
  const texts = [...sample.values()].map(({ metadata }) => textIn(metadata, { fields }) ?? '')
  const sampledTokens = texts.reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / bytesOfToken), 0)
  const fetched = { records: sample, ms: fetchMs }
  const speeds = speedsOf({ ids: page.ids, listMs, fetched }, dimension, storeMs)
  return { records, bytes, sampled: sample.size, sampledTokens, speeds }
}

/** Typical of English; other languages have more tokens to a byte or fewer. */
const bytesOfToken = 4

/** Bytes by the vendor's count: the id, 4 bytes per dimension, the metadata (docs: understanding cost). */
function recordBytes({ id, values, sparseValues, metadata }: VectorRecord): number {
  const sparse = sparseValues === undefined ? 0 : 8 * sparseValues.indices.length
  return Buffer.byteLength(id) + 4 * values.length + sparse + Buffer.byteLength(JSON.stringify(metadata ?? {}))
}

async function timed<T>(call: () => Promise<T>): Promise<readonly [T, number]> {
  const startedAtMs = performance.now()
  const answer = await call()
  return [answer, performance.now() - startedAtMs]
}
