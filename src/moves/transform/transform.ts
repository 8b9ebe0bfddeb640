import type { Placement } from '../../placement/placement.ts'
import type { RecordFields } from '../../placement/record-fields.ts'
import { embeddingStamp, embeddingStampOf, withVector } from '../../stores/embedding-stamp.ts'
import { usableText } from '../../stores/record-text.ts'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import type { SuppliedVector } from '../supplied/read-supplied.ts'
import { vectorHash } from '../supplied/vector-bits.ts'
import { embedTexts } from './embed-texts.ts'
import type { MoveModels } from './move-models.ts'

/** The two places of a move that transforms: a record goes from `from` to `into`. */
export interface TransformRule {
  readonly from: Placement
  readonly into: Placement
  /** The place that the move began in: its vectors stay as they are where the text does. */
  readonly sourcePlaceId: number
  readonly fields: Pick<RecordFields, 'text'>
  /** The vectors that a person supplied for records without a text, by id. */
  readonly supplied?: ((ids: readonly string[]) => Promise<ReadonlyMap<string, SuppliedVector>>) | undefined
}

/** The stamp of a supplied vector: of the record's vector in the old place, since there is no text. */
function suppliedStamp(model: string, { values }: VectorRecord): string {
  return embeddingStamp(model, `\0${vectorHash(values)}`)
}

export interface Copies {
  /** In the order of the records, without those that have no text. */
  readonly copies: readonly VectorRecord[]
  readonly withoutText: readonly string[]
  readonly tokens: number
}

/**
 * The rules of two places with different vector spaces (docs/reembedding.md): a vector is made of the record's text by
 * the model of the place that it goes to, and proven by the stamp beside it.
 */
export class Transform {
  readonly #rule: TransformRule
  readonly #models: MoveModels | undefined

  constructor(rule: TransformRule, models: MoveModels | undefined) {
    this.#rule = rule
    this.#models = models
  }

  /** Whether the copies go to the new model's place; false: back to the old one's. */
  get isForward(): boolean {
    return this.#rule.into.placeId !== this.#rule.sourcePlaceId
  }

  get intoModel(): string {
    return this.#rule.into.vectors.model
  }

  /** A record's text; undefined: it has none, and only a supplied vector can take it along. */
  textOf(record: Pick<VectorRecord, 'metadata'>): string | undefined {
    return usableText(record, this.#rule)
  }

  /**
   * Whether a copy's vector was made of the record's text by the model of its place. The old place has the vectors that
   * the app sent, which carry no stamp; a record without room for a stamp is embedded a second time instead.
   */
  isProven(record: VectorRecord, copy: VectorRecord): boolean {
    if (!this.isForward) return true
    const text = this.textOf(record)
    if (text === undefined) return embeddingStampOf(copy) === suppliedStamp(this.intoModel, record)
    const stamp = embeddingStamp(this.intoModel, text)
    const found = embeddingStampOf(copy)
    return found === stamp || (found === undefined && embeddingStampOf(withVector(copy, [], stamp)) === undefined)
  }

  /**
   * Makes the copies of records for the other place.
   * @param shown the other place, where its records may be reused; undefined: it has none of them.
   * @throws NeedsPerson, and AppError as `embedTexts` does.
   */
  async copiesOf(
    records: readonly VectorRecord[],
    shown: TenantStore | undefined,
    signal: AbortSignal,
  ): Promise<Copies> {
    const withText: { readonly record: VectorRecord; readonly text: string }[] = []
    const textless: VectorRecord[] = []
    for (const record of records) {
      const text = this.textOf(record)
      if (text === undefined) textless.push(record)
      else withText.push({ record, text })
    }
    const supplied = await this.#suppliedCopies(textless, shown, signal)
    const withoutText = textless.filter(({ id }) => !supplied.has(id)).map(({ id }) => id)
    const known = shown === undefined ? new Map() : await this.#knownVectors(withText, shown, signal)
    const open = withText.flatMap(({ record: { id }, text }) => (known.has(id) ? [] : [{ id, text }]))
    const { vectors, tokens } = await embedTexts(this.#model(), open, signal)
    const copies = withText.map(({ record, text }) => {
      const kept = known.get(record.id)
      if (kept !== undefined) return withVector(record, kept.values, kept.stamp)
      return withVector(record, vectors.get(text) ?? [], embeddingStamp(this.intoModel, text))
    })
    return { copies: [...copies, ...supplied.values()], withoutText, tokens }
  }

  /** Those of the records without a text that stay in the old place: no supplied vector fits them. */
  async leftBehind(records: readonly VectorRecord[]): Promise<readonly string[]> {
    const textless = records.filter((record) => this.textOf(record) === undefined)
    const fitting = await this.#fittingVectors(textless)
    return textless.filter(({ id }) => !fitting.has(id)).map(({ id }) => id)
  }

  /**
   * Copies of records without a text: forward with the supplied vector, if the record's own is still the one that it
   * was supplied for; back with the vector that the old place has, if the new one's is still the supplied one.
   */
  async #suppliedCopies(
    textless: readonly VectorRecord[],
    shown: TenantStore | undefined,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, VectorRecord>> {
    if (textless.length === 0 || this.#rule.supplied === undefined) return new Map()
    if (this.isForward) {
      const fitting = await this.#fittingVectors(textless)
      const copies = textless.flatMap((record) => {
        const values = fitting.get(record.id)
        const stamp = suppliedStamp(this.intoModel, record)
        const copy = values === undefined ? undefined : withVector(record, values, stamp)
        // Without room for the stamp nothing would prove the copy.
        return copy === undefined || embeddingStampOf(copy) !== stamp ? [] : [copy]
      })
      return new Map(copies.map((copy) => [copy.id, copy]))
    }
    const ids = textless.map(({ id }) => id)
    const [supplied, there] = [await this.#rule.supplied(ids), await shown?.fetch(ids, { signal })]
    const copies = textless.flatMap((record) => {
      const [own, kept] = [supplied.get(record.id), there?.records.get(record.id)]
      if (own === undefined || kept === undefined || vectorHash(own.values) !== vectorHash(record.values)) return []
      return vectorHash(kept.values) === own.instead ? [withVector(record, kept.values, undefined)] : []
    })
    return new Map(copies.map((copy) => [copy.id, copy]))
  }

  /** The supplied vectors of records whose own vectors are those that they were supplied for. */
  async #fittingVectors(records: readonly VectorRecord[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const supplied = (await this.#rule.supplied?.(records.map(({ id }) => id))) ?? new Map<string, SuppliedVector>()
    return new Map(
      records.flatMap(({ id, values }) => {
        const found = supplied.get(id)
        return found === undefined || found.instead !== vectorHash(values) ? [] : [[id, found.values] as const]
      }),
    )
  }

  /**
   * Vectors of the same texts that the other place shows. A fitting stamp proves one however late the place shows its
   * writes, for vector and stamp are put together; in the old place the record's own text does.
   */
  async #knownVectors(
    wanted: readonly { readonly record: VectorRecord; readonly text: string }[],
    shown: TenantStore,
    signal: AbortSignal,
  ): Promise<Map<string, { readonly values: readonly number[]; readonly stamp: string | undefined }>> {
    const known = new Map<string, { readonly values: readonly number[]; readonly stamp: string | undefined }>()
    if (wanted.length === 0) return known
    const { records } = await shown.fetch(
      wanted.map(({ record }) => record.id),
      { signal },
    )
    for (const { record, text } of wanted) {
      const there = records.get(record.id)
      if (there === undefined) continue
      const stamp = embeddingStampOf(there)
      const isOwn = !this.isForward && this.textOf(there) === text
      if (isOwn || stamp === embeddingStamp(this.intoModel, text)) known.set(record.id, { values: there.values, stamp })
    }
    return known
  }

  /** Embeds texts once more, by the model of the place that they went to. */
  async again(records: readonly VectorRecord[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly number[]>> {
    const texts = records.flatMap((record) => {
      const text = this.textOf(record)
      return text === undefined ? [] : [{ id: record.id, text }]
    })
    const { vectors } = await embedTexts(this.#model(), texts, signal)
    return new Map(texts.map(({ id, text }) => [id, vectors.get(text) ?? []]))
  }

  #model() {
    if (this.#models === undefined) throw new Error('a mover without models has a move that transforms')
    return this.#models.of(this.#rule.into.vectors)
  }
}
