import { hash } from 'node:crypto'

/** Characters of a vector's hash: 132 bits. */
const hashChars = 22

/** A vector as the store keeps it. */
export function bitsOf(values: readonly number[]): Buffer {
  const bits = Float32Array.from(values)
  return Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength)
}

export function vectorOfBits(bits: Uint8Array): readonly number[] {
  const aligned = Uint8Array.from(bits)
  return [...new Float32Array(aligned.buffer)]
}

/** Tells vectors apart by their float32 bits. */
export function vectorHash(values: readonly number[]): string {
  return hash('sha256', bitsOf(values), 'base64url').slice(0, hashChars)
}
