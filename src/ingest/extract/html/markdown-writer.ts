import { HtmlLists } from './html-lists.ts'
import { type Block, isLayout, type TableCell, type TableRow, tableLines } from './html-table.ts'

type Part = 'main' | 'article' | 'around'
interface PlacedBlock extends Block {
  readonly part: Part
  readonly level: number
}

interface OpenTable {
  readonly rows: TableRow[]
  readonly role: string | undefined
  /** The state to restore after it. */
  readonly outside: { readonly target: PlacedBlock[]; readonly lists: HtmlLists; readonly quotes: number }
  isInHead: boolean
}

const blockTags = new Set(
  `
    address article aside body dd details div dl dt fieldset figcaption figure footer form header hgroup hr html
    legend li main ol p section summary table tbody tfoot thead tr td th ul caption blockquote pre center
    textarea
  `
    .trim()
    .split(/\s+/),
)

/** Writes Markdown from tags and text in order. It drops styling and link targets. */
export class MarkdownWriter {
  /** The part of the page that incoming text belongs to. */
  part: Part = 'around'
  /** Approximate length in UTF-16 units. */
  length = 0
  readonly #blocks: PlacedBlock[] = []
  readonly #tables: OpenTable[] = []
  #target = this.#blocks
  #lists = new HtmlLists()
  #inline = ''
  #isRaised = false
  #marker = ''
  #heading = 0
  #quotes = 0
  #pre = 0
  #groups = 0

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (blockTags.has(name)) this.endBlock()
    const level = /^h([1-6])$/.exec(name)?.[1]
    if (level !== undefined) {
      this.endBlock()
      this.#heading = Number(level)
    }
    if (name === 'br') this.#inline += this.#heading > 0 ? ' ' : '\n'
    this.#isRaised = name === 'sup'
    if (name === 'ul' || name === 'ol') this.#lists.open(name, attributes)
    if (name === 'li') this.#marker = this.#lists.marker(attributes.value)
    if (name === 'blockquote') this.#quotes += 1
    if (name === 'pre') this.#pre += 1
    if (name === 'table') this.#openTable(attributes.role)
    if (name === 'thead') this.#inHead(true)
    if (name === 'tr') this.#tables.at(-1)?.rows.push({ cells: [], isHead: this.#tables.at(-1)?.isInHead ?? false })
    if (name === 'td' || name === 'th') this.#openCell(name === 'th', attributes)
    if (name === 'img' && attributes.alt !== undefined) this.text(attributes.alt)
  }

  close(name: string): void {
    this.#isRaised = false
    if (name === 'pre') this.#endCode()
    if (/^h[1-6]$/.test(name) || blockTags.has(name)) this.endBlock()
    if (name === 'ul' || name === 'ol') this.#lists.close()
    if (name === 'li') this.#marker = ''
    if (name === 'blockquote') this.#quotes = Math.max(0, this.#quotes - 1)
    if (name === 'thead') this.#inHead(false)
    if (name === 'td' || name === 'th') this.#leaveCell()
    if (name === 'table') this.#closeTable()
  }

  text(text: string): void {
    this.length += text.length
    if (this.#isRaised && text.trim() !== '') {
      this.#isRaised = false
      if (isApart(this.#inline, text.trim())) this.#inline += '^'
    }
    this.#inline += this.#pre > 0 ? text : text.replace(/[\s\u00a0]+/g, ' ')
  }

  /** Writes the lines of a form field unchanged. */
  lines(text: string): void {
    for (const [at, line] of text.split('\n').entries()) {
      if (at > 0) this.#inline += '\n'
      this.text(line)
    }
  }

  endBlock(): void {
    if (this.#pre > 0) return
    const lines = this.#inline.split('\n').map((line) => line.replace(/ +/g, ' ').trim())
    this.#inline = ''
    const words = lines.filter((line) => line !== '')
    const [level, marker] = [this.#heading, this.#marker]
    this.#heading = 0
    if (words.length === 0) return
    this.#marker = ''
    const text = words.map(escaped).join('\n')
    const plain = words.join(' ')
    if (level > 0) this.#add({ text: `${'#'.repeat(level)} ${plain}`, words: plain, kind: 'heading', group: '' }, level)
    else if (marker === '') this.#add({ text, words: plain, kind: 'text', group: '' })
    else {
      const isNumber = !marker.trim().startsWith('-')
      const item = isNumber ? `${marker.trim()} ${plain}` : plain
      this.#add({ text: `${marker} ${text}`, words: item, kind: 'item', group: 'items' })
    }
  }

  /** @param part only that part, below the page's own first heading where the part has none; undefined: everything. */
  textOf(part?: Part): string {
    const own = part === undefined ? this.#blocks : this.#blocks.filter((block) => block.part === part)
    if (own.length === 0) return ''
    const titles = this.#blocks.filter(({ level }) => level === 1)
    const isTitled = part === undefined || own.some(({ level }) => level === 1) || titles.length !== 1
    let text = ''
    let before = ''
    for (const block of isTitled ? own : [...titles, ...own]) {
      text += (text === '' ? '' : block.group !== '' && block.group === before ? '\n' : '\n\n') + block.text
      before = block.group
    }
    return text
  }

  /** UTF-16 units of a part's own text, without a heading from elsewhere. */
  lengthOf(part: Part): number {
    return this.#blocks.reduce((sum, block) => sum + (block.part === part ? block.text.length : 0), 0)
  }

  #add(block: Block, level = 0): void {
    const text = this.#quotes === 0 ? block.text : block.text.replace(/^/gm, '> ')
    this.#target.push({ ...block, text, part: this.part, level })
  }

  #endCode(): void {
    this.#pre = Math.max(0, this.#pre - 1)
    if (this.#pre > 0) return
    const code = this.#inline.replace(/^\r?\n|\s+$/g, '')
    this.#inline = ''
    if (code.trim() === '') return
    const fence = '`'.repeat(Math.max(3, ...[...code.matchAll(/`+/g)].slice(0, 1_000).map(([run]) => run.length + 1)))
    this.#add({ text: `${fence}\n${code}\n${fence}`, words: code.replace(/\s+/g, ' '), kind: 'text', group: '' })
  }

  #openTable(role: string | undefined): void {
    const outside = { target: this.#target, lists: this.#lists, quotes: this.#quotes }
    this.#tables.push({ rows: [], role, outside, isInHead: false })
  }

  #inHead(isInHead: boolean): void {
    const table = this.#tables.at(-1)
    if (table !== undefined) table.isInHead = isInHead
  }

  #openCell(isHeader: boolean, { colspan, rowspan }: Readonly<Record<string, string>>): void {
    const table = this.#tables.at(-1)
    if (table === undefined) return
    if (table.rows.length === 0) table.rows.push({ cells: [], isHead: table.isInHead })
    const blocks: PlacedBlock[] = []
    const cell: TableCell = { blocks, isHeader, columns: spanOf(colspan), rows: spanOf(rowspan) }
    table.rows.at(-1)?.cells.push(cell)
    this.#target = blocks
    this.#lists = new HtmlLists()
    this.#quotes = 0
    this.#heading = 0
  }

  #leaveCell(): void {
    const table = this.#tables.at(-1)
    if (table === undefined) return
    this.#target = table.outside.target
    this.#lists = table.outside.lists
    this.#quotes = table.outside.quotes
  }

  #closeTable(): void {
    this.#leaveCell()
    const table = this.#tables.pop()
    if (table === undefined || table.rows.length === 0) return
    if (isLayout(table.rows, table.role)) {
      for (const { cells } of table.rows) for (const { blocks } of cells) this.#addAll(blocks as PlacedBlock[])
      return
    }
    this.#groups += 1
    for (const line of tableLines(table.rows)) {
      this.length += line.length
      this.#add({ text: line, words: line, kind: 'row', group: `table ${this.#groups}` })
    }
  }

  #addAll(blocks: readonly PlacedBlock[]): void {
    for (const block of blocks) this.#add(block, block.level)
  }
}

/**
 * Whether raised text must be kept apart: a power, or a note's mark, would join its neighbour; the letters of "1st"
 * belong to it.
 */
function isApart(before: string, raised: string): boolean {
  return /[\p{L}\p{N})]$/u.test(before) && (/^[-+\u2212]?\d/.test(raised) || /^\p{L}$/u.test(raised))
}

function spanOf(value: string | undefined): number {
  return Math.max(1, Number.parseInt(value ?? '', 10) || 1)
}

/** Escapes text that would be parsed as a heading, an underline of one, or the beginning of code. */
export function escaped(line: string): string {
  return line.replace(/^(?=#{1,6}\s|`{3}|~{3}|(?:={2,}|-{3,})\s*$)/, '\\')
}
