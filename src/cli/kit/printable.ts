/** Characters that a terminal obeys, or that hide or turn around what stands beside them. */
const obeyed = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const obeyedInLines = /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** One line as it may go to a terminal, whoever named what is in it: such characters as `\u001b`, which in JSON means the same. */
export function printable(text: string): string {
  return text.replace(obeyed, escaped)
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.replace(obeyedInLines, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
