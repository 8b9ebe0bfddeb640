/** Counts a text's tokens (cl100k, close enough for any model). Loaded on demand: its tables take 100 MB. */
export async function countTokens(text: string): Promise<number> {
  const { sizeOf } = await import('./chunk-size.ts')
  return sizeOf(text).tokens
}
