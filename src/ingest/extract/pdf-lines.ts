/** A run of text as pdf.js gives it; lengths in points, from the page's lower left. */
export interface TextItem {
  readonly str: string
  readonly hasEOL: boolean
  /** Scale and skew, then x and y. */
  readonly transform: readonly number[]
  readonly width: number
  readonly height: number
}

export interface PdfLine {
  readonly text: string
  readonly y: number
  readonly right: number
  /** Of its letters: the size that most of them have. */
  readonly height: number
}

interface OpenLine {
  text: string
  y: number
  right: number
  readonly heights: Map<number, number>
}

/** The lines of a page, in the order in which the file gives them. */
export function pdfLines(items: readonly TextItem[]): PdfLine[] {
  const lines: PdfLine[] = []
  let line: OpenLine | undefined
  const close = (): void => {
    const text = line?.text.replace(/\s+/g, ' ').trim() ?? ''
    if (line !== undefined && text !== '') {
      lines.push({ text, y: line.y, right: line.right, height: mostOf(line.heights) })
    }
    line = undefined
  }
  for (const { str, hasEOL, transform, width, height } of items) {
    const [, , , , x = 0, y = 0] = transform
    const text = clean(str)
    if (text.trim() !== '') {
      if (line === undefined) line = { text: '', y, right: x, heights: new Map() }
      // A gap as wide as a blank, with none in the text: columns of a table.
      else if (x - line.right > height * 0.3 && !line.text.endsWith(' ')) line.text += ' '
      line.right = Math.max(line.right, x + width)
      const size = Math.round(height * 2) / 2
      line.heights.set(size, (line.heights.get(size) ?? 0) + text.length)
    }
    if (line !== undefined) line.text += text
    if (hasEOL) close()
  }
  close()
  return lines
}

/** The key with the most. */
export function mostOf(counts: ReadonlyMap<number, number>): number {
  let [most, found] = [0, 0]
  for (const [key, count] of counts) if (count > most) [most, found] = [count, key]
  return found
}

/** Of the same length would be too much to ask: a page's offsets are taken after this. */
function clean(text: string): string {
  return text.replaceAll('\0', '').replaceAll('\u00ad', '').toWellFormed()
}
