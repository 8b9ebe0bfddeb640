/**
 * OpenAI allows 300,000 tokens per request (API reference: create embeddings). A token has at least one byte, so texts
 * of this many bytes never exceed it. Counting tokens would cost more time than the smaller requests do.
 */
const maxBytes = 300_000

/**
 * Splits texts into the provider's batches of up to `maxTexts`, in order. An empty text, which the provider refuses,
 * becomes a blank.
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
