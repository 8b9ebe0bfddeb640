/** Characters that a terminal interprets, or that hide or reorder their neighbours. */
const obeyed = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const obeyedInLines = /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * One line that is safe for a terminal, whoever supplied its text: dangerous characters become escapes like `\u001b`,
 * which mean the same in JSON.
 */
export function printable(text: string): string {
  return text.replace(obeyed, escaped)
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.replace(obeyedInLines, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
