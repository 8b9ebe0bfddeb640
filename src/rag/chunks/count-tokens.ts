/** Tokens of a text (cl100k, near enough for any model). Loaded when asked: its tables take a hundred megabytes. */
export async function countTokens(text: string): Promise<number> {
  const { sizeOf } = await import('./chunk-size.ts')
  return sizeOf(text).tokens
}
