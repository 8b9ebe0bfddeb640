import { lexer, type Token, type Tokens } from 'marked'
import { sentencesOf } from './sentences.ts'

/** A quotable piece of a source: a sentence, a list item with its list's lead, or a table row. */
export interface Passage {
  /** Its text, without Markdown marks. */
  readonly text: string
  /** Headings and text above it that tell its subject; not part of the quote. */
  readonly context: string
  /** The preceding passage of its paragraph, for one that depends on it: "It is …". */
  readonly previous?: Passage
}

const lengthMax = 500
const headingMax = 60
const leaning =
  /^(?:it|its|they|their|them|this|that|these|those|he|she|his|her|such|both|then|there|therefore|thus|hence|however|otherwise|instead|and|but|or|so|also|afterwards|in that case|after that|without it|if so|if not)\b/i

/** Marks of quotes and lists in each other, more than a person writes: the parser goes a level deeper for each. */
const deepMarks = /^[ \t]*(?:(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])[ \t]*){33,}/gm

/**
 * Splits a source into passages, in order. Headings, questions and lines that only announce a list become context of
 * what follows.
 *
 * @param heading the headings above the source; its text may begin with them.
 */
export function passagesOf(text: string, heading = ''): readonly Passage[] {
  const body = withoutHeading(text, heading)
  const reader = new Reader(body.heading)
  reader.read(lexer(body.text.replace(deepMarks, '')))
  return reader.passages
}

/** Whether the quote alone would leave its subject unclear. */
export function leansOnPrevious({ text }: Passage): boolean {
  return leaning.test(text)
}

function withoutHeading(text: string, heading: string): { text: string; heading: string } {
  if (heading !== '' && text.startsWith(heading)) return { text: text.slice(heading.length), heading }
  // Chunks of older versions, and neighbours, begin with headings that nobody names.
  const [first = '', ...rest] = text.split(/\n{2,}/)
  const isHeading = rest.length > 0 && first.includes(' > ') && !/[.!?:;]$/.test(first.trim())
  return isHeading ? { text: rest.join('\n\n'), heading: heading === '' ? first : heading } : { text, heading }
}

class Reader {
  readonly passages: Passage[] = []
  readonly #top: string
  #heading = ''
  /** A line that stands there as a heading does, in a text without marks for them. */
  #below = ''
  /** The last line, if it announces what follows. */
  #lead = ''

  constructor(top: string) {
    this.#top = top
  }

  read(tokens: readonly Token[]): void {
    const blocks = tokens.filter(({ type }) => type !== 'space')
    for (const [at, token] of blocks.entries()) {
      const line = plainHeading(token, blocks[at + 1])
      if (line !== undefined) {
        this.#below = line
        this.#lead = ''
        continue
      }
      switch (token.type) {
        case 'heading':
          this.#heading = plain(token.tokens)
          this.#below = ''
          this.#lead = ''
          break
        case 'paragraph':
        case 'text':
          this.#prose(plain(token.tokens ?? [token]))
          break
        case 'list':
          this.#list(token as Tokens.List, this.#lead)
          this.#lead = ''
          break
        case 'table':
          this.#table(token as Tokens.Table)
          break
        case 'blockquote':
          this.read(token.tokens ?? [])
          break
        case 'code':
          this.#add(token.text)
          break
        case 'html':
          this.#prose(withoutTags(token.text))
          break
      }
    }
  }

  #prose(text: string): void {
    let previous: Passage | undefined
    let asked = this.#lead
    this.#lead = ''
    for (const sentence of sentencesOf(text)) {
      // A question, or a line that ends with a colon, is context: nobody is helped by its quote.
      if (/[?:]$/.test(sentence)) {
        asked = sentence
        continue
      }
      previous = this.#add(sentence, asked, previous)
    }
    if (asked !== '' && (previous === undefined || /:\s*$/.test(text))) this.#lead = asked
  }

  #list(list: Tokens.List, lead: string): void {
    for (const item of list.items) {
      const own = item.tokens.filter((token) => token.type !== 'list')
      const text = own.map((token) => plain(('tokens' in token && token.tokens) || [token])).join(' ')
      const said = lead === '' ? text : `${lead} ${text}`
      const inner = item.tokens.filter((token): token is Tokens.List => token.type === 'list')
      if (inner.length === 0 || !/:$/.test(text)) this.#add(said)
      for (const one of inner) this.#list(one, said)
    }
  }

  #table({ header, rows }: Tokens.Table): void {
    const names = header.map(({ tokens }) => plain(tokens))
    for (const row of rows) {
      const cells = row.map(({ tokens }, at) => {
        const [name = '', cell] = [names[at], plain(tokens)]
        return name === '' || cell === '' ? cell : `${name}: ${cell}`
      })
      this.#add(cells.filter((cell) => cell !== '').join(', '))
    }
  }

  #add(words: string, before = '', previous?: Passage): Passage | undefined {
    const text = words.replace(/\s+/g, ' ').trim()
    if (!/[\p{L}\p{N}]/u.test(text)) return previous
    const context = [this.#top, this.#heading, this.#below, before].filter((part) => part !== '').join(' ')
    const said = text.length > lengthMax ? `${text.slice(0, lengthMax - 1).toWellFormed()}…` : text
    const passage = { text: said, context, ...(previous && { previous }) }
    this.passages.push(passage)
    return passage
  }
}

/** A short line without an end, or numbers, that only says what the sentences below it are about. */
function plainHeading(token: Token, next: Token | undefined): string | undefined {
  if (token.type !== 'paragraph' || next?.type !== 'paragraph') return undefined
  const [line, below] = [plain(token.tokens), plain(next.tokens)]
  const isShort = line.length <= headingMax && !/\n/.test(token.raw.trim()) && !/[\d.!?:;…|]/.test(line)
  return isShort && /[.!?]["'”’)]*$/.test(below) && below.length > line.length ? line : undefined
}

/** The source's own footnote marks, as in `tall.[3]` and `oil [3] and`; `values[2]` is code and stays. */
const footnotes = /(?:(?<=[.,;:!?)"'”’»])|\s)(?:\[\^?\d{1,3}\])+(?=[\s.,;:!?)]|$)/gu

function plain(tokens: readonly Token[] = []): string {
  return tokens.map(inline).join('').replace(footnotes, '').replace(/\s+/g, ' ').trim()
}

function inline(token: Token): string {
  switch (token.type) {
    case 'codespan':
      return token.raw
    case 'br':
      return ' '
    case 'image':
      return token.text
    case 'html':
      return withoutTags(token.raw)
    case 'escape':
      return token.text
    case 'del':
      return '' // what its author struck out is not said any more
    case 'link':
      return (token.tokens ?? []).map(inline).join('')
    default:
      return 'tokens' in token && token.tokens ? token.tokens.map(inline).join('') : unescaped(token.raw)
  }
}

function withoutTags(html: string): string {
  return unescaped(html.replace(/<[^>]{0,1000}>/g, ' '))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos|nbsp);/g, (whole, name: string) => entities[name] ?? whole)
}
