export interface TokenWindows {
  /** At least one, none empty. */
  readonly windows: readonly (readonly number[])[]
  readonly tokens: number
}

/** The sentence encoder reads so many tokens of a text and no more (found by trying: further ones change nothing). */
export const windowTokens = 128
/** Half a page; one window takes about 45 ms. */
const maxWindows = 4
/** What is longer is no word; the encoder's tokenizer takes the square of its length. */
const maxWordLength = 64

/**
 * The tokens of a text in windows of about equal length, as few as will do; what is beyond the last is left out.
 * Word by word: no piece of the encoder's vocabulary reaches over a blank, so the tokens are those of the whole text,
 * in linear time (the tokenizer's own is quadratic: 5 s for 10,000 words).
 *
 * @param blank the tokens of a text that has none.
 */
export function tokenWindows(
  text: string,
  encodeWord: (word: string) => readonly number[],
  blank: readonly number[],
): TokenWindows {
  const tokens: number[] = []
  const room = windowTokens * maxWindows
  for (const [word] of text.normalize('NFKC').matchAll(/\S+/g)) {
    tokens.push(...encodeWord(word.slice(0, maxWordLength)))
    if (tokens.length >= room) break
  }
  if (tokens.length === 0) return { windows: [blank], tokens: 0 }
  const kept = tokens.slice(0, room)
  const each = Math.ceil(kept.length / Math.ceil(kept.length / windowTokens))
  const windows: number[][] = []
  for (let at = 0; at < kept.length; at += each) windows.push(kept.slice(at, at + each))
  return { windows, tokens: kept.length }
}
