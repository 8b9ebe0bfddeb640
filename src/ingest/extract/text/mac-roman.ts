/** Letters beyond ASCII are at most this share of a Western text's bytes. */
const westernShare = 0.25
/** A sign within a word may be a slip; a second one is not. */
const oddMin = 2
const sampleLength = 65_536
/** A capital or a sign between the letters of a word in lower case. */
const oddWithin = /\p{Ll}(?:\p{Lu}\p{Ll}|[^\p{L}\p{M}\p{N}\s\p{P}\p{ASCII}]|[†‡‰‹›])/gu

/**
 * Whether a text without a charset was written by an old program of the Macintosh: read as windows-1252 its words have
 * capitals and signs in their middle, as in `FŠhre`, and read as Mac Roman they have none.
 */
export function isMacRoman(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, sampleLength)
  const high = sample.reduce((sum, byte) => sum + (byte >= 0x80 ? 1 : 0), 0)
  if (high > sample.length * westernShare) return false
  const oddAs = (charset: string) => new TextDecoder(charset).decode(sample).match(oddWithin)?.length ?? 0
  return oddAs('macintosh') === 0 && oddAs('windows-1252') >= oddMin
}
