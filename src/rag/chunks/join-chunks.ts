/** A chunk and its part of the document's text; `text` ends with that part and may begin with headings. */
export interface PlacedChunk {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly heading: string | null
}

/**
 * Reconstructs the text of chunks as far as possible: repeated parts and headings appear once. Blanks and heading marks
 * are in no chunk; blanks replace them.
 *
 * @param chunks in document order.
 */
export function joinChunks(chunks: readonly PlacedChunk[]): string {
  let text = ''
  let heading: string | null = null
  let reached = chunks[0]?.start ?? 0
  for (const chunk of chunks) {
    const body = chunk.text.slice(Math.max(0, chunk.text.length - (chunk.end - chunk.start)))
    const above = chunk.text.slice(0, chunk.text.length - body.length)
    const gap = chunk.start - reached
    if (above !== '' && chunk.heading !== heading) text += (text === '' ? '' : '\n\n') + above + body
    else if (gap < 0) text += body.slice(-gap)
    else text += (gap === 0 ? '' : gap === 1 ? ' ' : '\n\n') + body
    heading = chunk.heading
    reached = Math.max(reached, chunk.end)
  }
  return text
}
