import { AppError } from '../../errors.ts'
import { isSameSpace, type VectorSpace } from '../../placement/placement.ts'
import type { TenantWrite } from '../../routing/write-log/tenant-write.ts'
import { textIn } from '../../stores/record-text.ts'
import type { Metadata } from '../../stores/store.ts'
import type { RecordShape } from '../checks/record-shape.ts'

type Refusal = NonNullable<TenantWrite['refusal']>

/** The tenant's place takes vectors of another model than those that were about to be sent there. Nothing was sent. */
export class OtherSpace extends AppError {
  /** The space of the place. */
  readonly space: VectorSpace

  constructor(space: VectorSpace) {
    const words = `The tenant's vectors are of the model ${space.model}, with ${space.dimension} dimensions. Nothing was changed.`
    super('conflict', words)
    this.space = space
  }
}

/**
 * Refuses vectors of one space in the other, equal dimension or not: a write that waited for the end of a cutover is
 * sent elsewhere than it was meant for. While the move transforms, it also refuses records without a text, from which
 * alone the mover can make the other place's vector (docs/reembedding.md).
 *
 * @param made the space that the vectors were made for.
 */
export function refusePut(
  records: readonly { readonly metadata?: Metadata | undefined }[],
  made: VectorSpace,
  shape: Pick<RecordShape, 'fields'>,
): Refusal {
  return ({ placement, follower }) => {
    if (!isSameSpace(placement.vectors, made)) return new OtherSpace(placement.vectors)
    if (follower === undefined || isSameSpace(placement.vectors, follower.vectors)) return undefined
    if (records.every(({ metadata }) => (textIn(metadata, shape) ?? '').trim() !== '')) return undefined
    return needsText(shape)
  }
}

/** Refuses a record that the mover could make no vector for. */
export function needsText({ fields }: Pick<RecordShape, 'fields'>): AppError {
  const words = `The tenant is given another embedding model: until that has ended, a record needs its text in the metadata field ${fields.text}. Nothing was changed.`
  return new AppError('conflict', words)
}

/** The same for a part of a record: its vector, or a text that is none any more. */
export function refuseChange(
  setMetadata: Metadata | undefined,
  made: VectorSpace | undefined,
  shape: Pick<RecordShape, 'fields'>,
): Refusal {
  const losesText = setMetadata?.[shape.fields.text] !== undefined && (textIn(setMetadata, shape) ?? '').trim() === ''
  return ({ placement, follower }) => {
    if (made !== undefined && !isSameSpace(placement.vectors, made)) return new OtherSpace(placement.vectors)
    const transforms = follower !== undefined && !isSameSpace(placement.vectors, follower.vectors)
    return transforms && losesText ? needsText(shape) : undefined
  }
}
