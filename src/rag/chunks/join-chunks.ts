/** A chunk and its part of the document's text; `text` ends with that part and may begin with headings. */
export interface PlacedChunk {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly heading: string | null
}

/**
 * The text that chunks were cut from, as near as they tell: what one repeats of the one before stands once, and so do
 * headings over several. What is in no chunk, blanks and the marks of headings, is not known; blanks stand for it.
 *
 * @param chunks in the order of the document.
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
