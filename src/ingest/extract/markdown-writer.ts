type Part = 'main' | 'article' | 'around'

const blockTags = new Set([
  ...['address', 'article', 'aside', 'body', 'dd', 'details', 'div', 'dl', 'dt', 'fieldset', 'figcaption', 'figure'],
  ...['footer', 'form', 'header', 'hgroup', 'hr', 'html', 'li', 'main', 'ol', 'p', 'section', 'summary', 'table'],
  ...['tbody', 'tfoot', 'thead', 'ul', 'caption', 'blockquote', 'pre', 'center'],
])
/** Deeper lists are shown as if they were this deep. */
const indentMax = 6

/** Writes Markdown from tags and text in their order. Of letters' looks, and of where links go, nothing is kept. */
export class MarkdownWriter {
  /** Where the text that comes belongs. */
  part: Part = 'around'
  /** UTF-16 units, about. */
  length = 0
  readonly #blocks: { readonly part: Part; readonly text: string; readonly list: string }[] = []
  readonly #lists: { readonly isOrdered: boolean; items: number }[] = []
  #inline = ''
  #marker = ''
  #heading = 0
  #quotes = 0
  #pre = 0
  #cells: string[] | undefined
  #isInCell = false
  #rows = 0
  #tables = 0

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#cells !== undefined) {
      if (name === 'br' || blockTags.has(name)) this.#inline += ' '
      if (name !== 'tr' && name !== 'td' && name !== 'th' && name !== 'img') return
    }
    if (blockTags.has(name)) this.endBlock()
    const level = /^h([1-6])$/.exec(name)?.[1]
    if (level !== undefined) {
      this.endBlock()
      this.#heading = Number(level)
    }
    if (name === 'br') this.#inline += this.#heading > 0 ? ' ' : '\n'
    if (name === 'ul' || name === 'ol') this.#lists.push({ isOrdered: name === 'ol', items: 0 })
    if (name === 'li') this.#marker = this.#nextMarker()
    if (name === 'blockquote') this.#quotes += 1
    if (name === 'pre') this.#pre += 1
    if (name === 'table') {
      this.#rows = 0
      this.#tables += 1
    }
    if (name === 'tr') this.#beginRow()
    if (name === 'td' || name === 'th') this.#beginCell()
    if (name === 'img' && attributes.alt !== undefined) this.text(attributes.alt)
  }

  close(name: string): void {
    if (name === 'tr') this.#endRow()
    if (this.#cells !== undefined) return
    if (name === 'pre') this.#endCode()
    if (/^h[1-6]$/.test(name) || blockTags.has(name)) this.endBlock()
    if (name === 'ul' || name === 'ol') this.#lists.pop()
    if (name === 'blockquote') this.#quotes = Math.max(0, this.#quotes - 1)
  }

  text(text: string): void {
    this.length += text.length
    this.#inline += this.#pre > 0 && this.#cells === undefined ? text : text.replace(/[\s\u00a0]+/g, ' ')
  }

  endBlock(): void {
    if (this.#cells !== undefined || this.#pre > 0) return
    const lines = this.#inline.split('\n').map((line) => line.replace(/ +/g, ' ').trim())
    this.#inline = ''
    const text = lines
      .filter((line) => line !== '')
      .map(escaped)
      .join('\n')
    const [heading, marker] = [this.#heading, this.#marker]
    this.#heading = 0
    if (text === '') return
    this.#marker = ''
    if (heading > 0) this.#add(`${'#'.repeat(heading)} ${text}`)
    else this.#add(marker === '' ? text : `${marker} ${text}`, marker === '' ? '' : 'items')
  }

  /** @param part only what belongs there; undefined: all. */
  textOf(part?: Part): string {
    let text = ''
    let before = ''
    for (const block of this.#blocks) {
      if (part !== undefined && block.part !== part) continue
      text += (text === '' ? '' : block.list !== '' && block.list === before ? '\n' : '\n\n') + block.text
      before = block.list
    }
    return text
  }

  /** @param list whose lines stand close together. */
  #add(text: string, list = ''): void {
    const quoted = this.#quotes === 0 ? text : text.replace(/^/gm, '> ')
    this.#blocks.push({ part: this.part, text: quoted, list })
  }

  #nextMarker(): string {
    const list = this.#lists.at(-1)
    if (list === undefined) return '-'
    list.items += 1
    const indent = '  '.repeat(Math.min(this.#lists.length, indentMax) - 1)
    return indent + (list.isOrdered ? `${list.items}.` : '-')
  }

  #endCode(): void {
    this.#pre = Math.max(0, this.#pre - 1)
    if (this.#pre > 0) return
    const code = this.#inline.replace(/^\r?\n|\s+$/g, '')
    this.#inline = ''
    if (code.trim() === '') return
    const fence = '`'.repeat(Math.max(3, ...[...code.matchAll(/`+/g)].slice(0, 1_000).map(([run]) => run.length + 1)))
    this.#add(`${fence}\n${code}\n${fence}`)
  }

  #beginRow(): void {
    this.#endRow()
    this.endBlock()
    this.#cells = []
  }

  #beginCell(): void {
    this.#endCell()
    this.#isInCell = this.#cells !== undefined
  }

  #endCell(): void {
    const cell = this.#inline.replace(/\s+/g, ' ').trim()
    if (this.#isInCell) this.#cells?.push(cell.replaceAll('|', '\\|'))
    this.#isInCell = false
    this.#inline = ''
  }

  #endRow(): void {
    if (this.#cells === undefined) return
    this.#endCell()
    const cells = this.#cells
    this.#cells = undefined
    if (cells.every((cell) => cell === '')) return
    this.#add(`| ${cells.join(' | ')} |`, `table ${this.#tables}`)
    this.#rows += 1
    if (this.#rows === 1) this.#add(`|${' --- |'.repeat(cells.length)}`, `table ${this.#tables}`)
  }
}

/** Text that would be read as a heading or as the beginning of code. */
export function escaped(line: string): string {
  return line.replace(/^(?=#{1,6}\s|`{3}|~{3})/, '\\')
}
