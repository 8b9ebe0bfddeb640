/** Characters that a terminal interprets, or that hide or reorder their neighbours. */
const obeyed = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** Whether a text that people read is free of characters that a terminal obeys. */
export function isReadable(text: string): boolean {
  return !obeyed.test(text)
}
