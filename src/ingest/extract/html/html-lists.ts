import { itemNumber, type NumberStyle } from '../text/list-marker.ts'

interface OpenList {
  /** Undefined for items without numbers. */
  readonly style: NumberStyle | undefined
  readonly step: 1 | -1
  next: number
}

/** Deeper lists are indented only this far. */
const indentMax = 6
const byType: Readonly<Record<string, NumberStyle>> = {
  a: 'lower-alpha',
  A: 'upper-alpha',
  i: 'lower-roman',
  I: 'upper-roman',
}
const byStyle: Readonly<Record<string, NumberStyle>> = {
  'lower-alpha': 'lower-alpha',
  'lower-latin': 'lower-alpha',
  'upper-alpha': 'upper-alpha',
  'upper-latin': 'upper-alpha',
  'lower-roman': 'lower-roman',
  'upper-roman': 'upper-roman',
  'decimal-leading-zero': 'zero',
}

/** The open lists, from outer to inner, and the numbers visible at their items. */
export class HtmlLists {
  readonly #open: OpenList[] = []

  open(name: 'ul' | 'ol', { start, type, style, reversed }: Readonly<Record<string, string>>): void {
    const looks = /list-style(?:-type)?\s*:[^;]*?([a-z-]+)\s*(?:;|$)/i.exec(style ?? '')?.[1]?.toLowerCase()
    const numbers = byType[type ?? ''] ?? byStyle[looks ?? ''] ?? 'decimal'
    const first = Number.parseInt(start ?? '', 10)
    const isPlain = name === 'ul' || looks === 'none'
    this.#open.push({
      style: isPlain ? undefined : numbers,
      step: reversed !== undefined && !Number.isNaN(first) ? -1 : 1,
      next: Number.isNaN(first) ? 1 : first,
    })
  }

  close(): void {
    this.#open.pop()
  }

  /** @param value the item's explicit number. */
  marker(value: string | undefined): string {
    const list = this.#open.at(-1)
    if (list === undefined) return '-'
    const own = Number.parseInt(value ?? '', 10)
    const number = Number.isNaN(own) ? list.next : own
    list.next = number + list.step
    const indent = '  '.repeat(Math.min(this.#open.length, indentMax) - 1)
    if (list.style === undefined) return `${indent}-`
    const ending = list.style === 'decimal' || list.style === 'zero' ? '.' : ')'
    return indent + itemNumber(number, list.style) + ending
  }
}
