import { hash } from 'node:crypto'

/** The digest of an empty chain. */
export const emptyDigest = ''

/** Appends a digest to a chain: the whole chain is one value, so that another mover can continue a pass. */
export function chainDigest(chain: string, digest: string): string {
  return hash('sha256', chain + digest)
}

/** One digest of several. */
export function digestPage(digests: readonly string[]): string {
  return hash('sha256', digests.join(''), 'base64url')
}
