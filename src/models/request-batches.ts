/**
 * A token stands for one byte at least, so texts of so many bytes never have more tokens than OpenAI's 300,000 a
 * request (API reference: create embeddings). Counting them instead would cost more time than the smaller requests do.
 */
const maxBytes = 300_000

/**
 * Texts in the provider's batches of up to `maxTexts`, in order. An empty text, which the provider refuses, becomes a
 * blank.
 */
export function requestBatches(texts: readonly string[], maxTexts: number): string[][] {
  const batches: string[][] = []
  let open: string[] = []
  let openBytes = 0
  for (const text of texts) {
    const bytes = Buffer.byteLength(text)
    if (open.length > 0 && (open.length >= maxTexts || openBytes + bytes > maxBytes)) {
      batches.push(open)
      open = []
      openBytes = 0
    }
    open.push(text === '' ? ' ' : text)
    openBytes += bytes
  }
  if (open.length > 0) batches.push(open)
  return batches
}
