import { createHash } from 'node:crypto'

/** The digest of an empty chain. */
export const emptyDigest = ''

/** Appends a digest to a chain: the whole chain is one value, so that another mover can continue a pass. */
export function chainDigest(chain: string, digest: string): string {
  return createHash('sha256').update(chain).update(digest).digest('hex')
}
