import { hash } from 'node:crypto'
import { modelTag } from './model-tag.ts'
import { embeddingStampKey, fitsInRecord } from './reserved.ts'
import type { VectorRecord } from './store.ts'

/** Characters of the model's tag, and of the text's hash: 96 bits. */
const [modelChars, textChars] = [6, 16]

/** Says that a vector is the model's of this text: docs/reembedding.md. */
export function embeddingStamp(model: string, text: string): string {
  return `${modelTag(model).slice(0, modelChars)}${hash('sha256', text, 'base64url').slice(0, textChars)}`
}

export function embeddingStampOf(record: Pick<VectorRecord, 'metadata'> | undefined): string | undefined {
  const stamp = record?.metadata?.[embeddingStampKey]
  return typeof stamp === 'string' ? stamp : undefined
}

/**
 * A record with another vector and the stamp of it; without a stamp where its metadata leaves no room, as large ones do.
 * @param stamp undefined: the vector comes from elsewhere, and no stamp may stay.
 */
export function withVector(
  record: VectorRecord,
  values: readonly number[],
  stamp: string | undefined,
): VectorRecord & { readonly metadata: NonNullable<VectorRecord['metadata']> } {
  const { [embeddingStampKey]: _, ...metadata } = record.metadata ?? {}
  const whole = stamp === undefined ? metadata : { ...metadata, [embeddingStampKey]: stamp }
  return { ...record, values, metadata: fitsInRecord(whole) ? whole : metadata }
}
