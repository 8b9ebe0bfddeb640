export interface TokenWindows {
  /** At least one window, none empty. */
  readonly windows: readonly (readonly number[])[]
  readonly tokens: number
}

/** Tokens that the sentence encoder reads of a text (found by experiment: further ones change nothing). */
export const windowTokens = 128
/** About half a page; one window takes about 45 ms. */
const maxWindows = 4
/** Longest word: the tokenizer's time grows with the square of the length. */
const maxWordLength = 64

/**
 * Splits a text's tokens into the fewest windows, of about equal length; what lies beyond the last is dropped. It
 * tokenizes word by word: no piece of the encoder's vocabulary crosses a blank, so the tokens equal those of the whole
 * text, in linear time (the tokenizer's own is quadratic: 5 s for 10,000 words).
 *
 * @param blank the tokens for a text without any.
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
