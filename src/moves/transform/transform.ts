import type { Placement } from '../../placement/placement.ts'
import type { RecordFields } from '../../placement/record-fields.ts'
import { embeddingStamp, embeddingStampOf, withVector } from '../../stores/embedding-stamp.ts'
import { textIn } from '../../stores/record-text.ts'
import type { TenantStore, VectorRecord } from '../../stores/store.ts'
import { embedTexts } from './embed-texts.ts'
import type { MoveModels } from './move-models.ts'

/** The two places of a move that transforms: a record goes from `from` to `into`. */
export interface TransformRule {
  readonly from: Placement
  readonly into: Placement
  /** The place that the move began in: its vectors stay as they are where the text does. */
  readonly sourcePlaceId: number
  readonly fields: Pick<RecordFields, 'text'>
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

  /** A record's text; undefined: it has none, and nothing can be made of it. */
  textOf(record: Pick<VectorRecord, 'metadata'>): string | undefined {
    const text = textIn(record.metadata, this.#rule)
    return text === null || text.trim() === '' ? undefined : text
  }

  /**
   * Whether a copy's vector was made of the record's text by the model of its place. The old place has the vectors that
   * the app sent, which carry no stamp; a record without room for a stamp is embedded a second time instead.
   */
  isProven(record: VectorRecord, copy: VectorRecord): boolean {
    if (!this.isForward) return true
    const text = this.textOf(record)
    if (text === undefined) return false
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
    const withoutText: string[] = []
    for (const record of records) {
      const text = this.textOf(record)
      if (text === undefined) withoutText.push(record.id)
      else withText.push({ record, text })
    }
    const known = shown === undefined ? new Map() : await this.#knownVectors(withText, shown, signal)
    const open = withText.flatMap(({ record: { id }, text }) => (known.has(id) ? [] : [{ id, text }]))
    const { vectors, tokens } = await embedTexts(this.#model(), open, signal)
    const copies = withText.map(({ record, text }) => {
      const kept = known.get(record.id)
      if (kept !== undefined) return withVector(record, kept.values, kept.stamp)
      return withVector(record, vectors.get(text) ?? [], embeddingStamp(this.intoModel, text))
    })
    return { copies, withoutText, tokens }
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
