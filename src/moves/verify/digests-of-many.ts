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

const sumBits = 256

/**
 * The sum of digests modulo 2^256: one value for a set of records, whatever their order. Equal sums say that two
 * reports are about the same records; they decide nothing, for a comparison goes by the digest of each record.
 */
export class DigestSum {
  #sum: bigint

  constructor(sum: string | undefined) {
    this.#sum = sum === undefined ? 0n : BigInt(`0x${sum}`)
  }

  /** Adds a digest, or another sum, of 64 hex digits. */
  add(digest: string): void {
    this.#sum = BigInt.asUintN(sumBits, this.#sum + BigInt(`0x${digest}`))
  }

  get hex(): string {
    return this.#sum.toString(16).padStart(sumBits / 4, '0')
  }
}
