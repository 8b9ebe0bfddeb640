import { createHash } from 'node:crypto'

/** The digest of nothing. */
export const emptyDigest = ''

/** Takes one more digest into a chain: what has been taken in is one value, so that a pass can go on elsewhere. */
export function chainDigest(chain: string, digest: string): string {
  return createHash('sha256').update(chain).update(digest).digest('hex')
}
