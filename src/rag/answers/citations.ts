import { isOfValues, markAt, numbersOf, openMark } from './citation-marks.ts'
import { CodeState } from './code-state.ts'

const thought = /[<◁](\/?)(think|thinking|thought|reasoning|reflection|scratchpad)[>▷]/iy
const openThought = /^[<◁]\/?[a-z]{0,10}$/i
const ticks = /`+|~+/y
const plain = /[^ [(【［〔〖<◁`~\n]+/y
/** Characters before a mark that decide whether it is attached to them. */
const contextLength = 40

/**
 * Checks an answer's citations while it is written. Marks of given sources are recorded and normalised to `[1]` or `[1,
 * 2]`; marks of others are removed. Code, and brackets that a source itself contains, stay unchanged. A model's
 * thinking (`<think>…</think>`) is removed.
 */
export class CitationCheck {
  readonly #sources: readonly string[]
  readonly #cited = new Set<number>()
  readonly #removed = new Set<number>()
  readonly #code = new CodeState()
  #held = ''
  #said = ''
  #isAfterMark = false
  #thinking: string | undefined
  #isAfterThought = false
  #restarted = false

  /** @param sources the given texts, in the order of their numbers from 1. */
  constructor(sources: readonly string[]) {
    this.#sources = sources
  }

  /** @returns the text that is final by now. */
  push(text: string): string {
    return this.#read(this.#held + text, false)
  }

  /** Passes on words of a source, with any marks that they contain. */
  quote(text: string): string {
    return this.end() + this.#say(text)
  }

  /** @returns the text still held back. */
  end(): string {
    return this.#read(this.#held, true)
  }

  /** Reports, once, that all text so far was thinking: some models begin inside it, and only its end tag shows. */
  takeRestart(): boolean {
    const restarted = this.#restarted
    this.#restarted = false
    return restarted
  }

  /** Numbers of the cited sources, in order. */
  get cited(): readonly number[] {
    return inOrder(this.#cited)
  }

  /** Numbers without a source. */
  get removed(): readonly number[] {
    return inOrder(this.#removed)
  }

  #read(text: string, isWhole: boolean): string {
    let said = ''
    let at = 0
    const rest = (open: RegExp) => !isWhole && open.test(text.slice(at))
    while (at < text.length) {
      if (this.#thinking !== undefined) {
        const tag = `</${this.#thinking}>`
        const end = text.slice(at).search(new RegExp(`[<◁]/${this.#thinking}[>▷]`, 'i'))
        if (end < 0) {
          // Nothing of it is said; only what may be the beginning of its end is kept.
          at = isWhole ? text.length : Math.max(at, text.length - tag.length + 1)
          break
        }
        at += end + tag.length
        this.#thinking = undefined
        this.#isAfterThought = true
        continue
      }
      const fence = matchAt(ticks, text, at)
      if (fence !== undefined) {
        if (!isWhole && at + fence[0].length === text.length) break
        this.#code.tick(fence[0], this.#said)
        said += this.#say(fence[0])
        at += fence[0].length
        continue
      }
      if (!this.#code.isOpen && /[<◁]/.test(text.charAt(at))) {
        const tag = matchAt(thought, text, at)
        if (tag !== undefined) {
          at += tag[0].length
          if (tag[1] === '') this.#thinking = (tag[2] ?? '').toLowerCase()
          else said = this.#restart()
          continue
        }
        if (rest(openThought)) break
      }
      if (!this.#code.isOpen && /[ [(【［〔〖]/.test(text.charAt(at))) {
        const found = markAt(text, at)
        const end = at + (found?.[0].length ?? 0)
        if (found !== undefined) {
          // The next character tells a citation from a link and from code.
          if (!isWhole && end === text.length) break
          said += this.#judge(found, text.charAt(end))
          at = end
          continue
        }
        if (rest(openMark)) break
      }
      const run = matchAt(plain, text, at)?.[0] ?? text.charAt(at)
      said += this.#say(run)
      at += run.length
    }
    this.#held = text.slice(at)
    return said
  }

  #judge([found, blank = '', inBrackets, inParentheses]: RegExpExecArray, next: string): string {
    const list = inBrackets ?? inParentheses ?? ''
    const numbers = numbersOf(list, this.#sources.length)
    const isGlued = blank === '' && !this.#isAfterMark && /[\w$)\]]$/.test(this.#said)
    const isCode = isGlued && (/[\w$(=]/.test(next) || /(?:[a-z][A-Z]\w*|[_$]\w*|[)\]])$/.test(this.#said))
    if (numbers === undefined || isCode || this.#isQuoted(found)) return this.#say(found)
    if (inBrackets !== undefined && isOfValues(this.#said, found, numbers, next)) return this.#say(found)
    const known = numbers.filter((one) => one <= this.#sources.length)
    // A link's text, and `items[7]` where no source has that number: without the bracket the words would be damaged.
    if (known.length < numbers.length && (next === '(' || (isGlued && known.length === 0))) return this.#say(found)
    for (const one of numbers) (one <= this.#sources.length ? this.#cited : this.#removed).add(one)
    if (known.length === 0) return ''
    const isPlain = known.length === numbers.length && /^ ?\[[\d\s,]+\]$/.test(found)
    const said = this.#say(isPlain ? found : `${blank}[${known.join(', ')}]`)
    this.#isAfterMark = true
    return said
  }

  /** Whether a source contains the word with the bracket, which is then no citation. */
  #isQuoted(found: string): boolean {
    const word = /[^\s[\]]{2,}$/.exec(this.#said)?.[0]
    return word !== undefined && !this.#isAfterMark && this.#sources.some((text) => text.includes(word + found))
  }

  #say(text: string): string {
    const told = this.#isAfterThought && this.#said.trim() === '' ? text.trimStart() : text
    if (told === '') return ''
    this.#said = (this.#said + told).slice(-contextLength)
    this.#isAfterMark = false
    this.#code.say(told)
    return told
  }

  #restart(): string {
    this.#restarted = true
    this.#isAfterThought = true
    this.#said = ''
    this.#cited.clear()
    this.#removed.clear()
    return ''
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function inOrder(numbers: ReadonlySet<number>): readonly number[] {
  return [...numbers].toSorted((a, b) => a - b)
}
