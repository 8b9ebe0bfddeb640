import { createHash } from 'node:crypto'

/**
 * The tag of an index that tells its embedding model after a restore of the registry. A hash, since a model's name may
 * have characters that the vendor takes in no tag (docs.pinecone.io, "Tag an index").
 */
export function modelTag(model: string): string {
  return createHash('sha256').update(model).digest('hex').slice(0, 16)
}
