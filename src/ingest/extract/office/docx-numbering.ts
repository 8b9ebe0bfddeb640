import { itemNumber, type NumberStyle } from '../text/list-marker.ts'
import { child, elementsOf, type XmlElement, xmlTree } from './xml-tree.ts'

/** The list of a paragraph, and its level. */
export interface ListPlace {
  readonly numId: string
  readonly level: number
}

interface Level {
  readonly start: number
  readonly format: string
  /** The number's format, as in `%1.%2)`. */
  readonly text: string
}

interface List {
  readonly abstractId: string
  readonly levels: ReadonlyMap<number, Level>
  readonly restarts: ReadonlyMap<number, number>
}

const styles: Readonly<Record<string, NumberStyle>> = {
  lowerLetter: 'lower-alpha',
  upperLetter: 'upper-alpha',
  lowerRoman: 'lower-roman',
  upperRoman: 'upper-roman',
  decimalZero: 'zero',
  ordinal: 'ordinal',
}

/** The numbers that Word shows before list paragraphs, counted by its rules (ECMA-376, part 1, 17.9). */
export class DocxNumbering {
  readonly #lists: ReadonlyMap<string, List>
  readonly #byStyle: ReadonlyMap<string, ListPlace>
  /** Counters by abstract list: lists that share one continue its count. */
  readonly #counters = new Map<string, number[]>()
  readonly #restarted = new Set<string>()

  constructor(numbering: string, stylesheet: string) {
    this.#lists = listsOf(numbering)
    this.#byStyle = placesOfStyles(stylesheet)
  }

  /** The list that a paragraph, or its style, belongs to. */
  placeOf(paragraph: XmlElement): ListPlace | undefined {
    const own = child(paragraph, 'w:pPr', 'w:numPr')
    const style = this.#byStyle.get(child(paragraph, 'w:pPr', 'w:pStyle')?.attribs['w:val'] ?? '')
    const numId = child(own, 'w:numId')?.attribs['w:val'] ?? style?.numId
    if (numId === undefined || numId === '0') return undefined
    return { numId, level: Number(child(own, 'w:ilvl')?.attribs['w:val'] ?? style?.level ?? 0) }
  }

  /** Counts the paragraph. @returns its label; undefined: a bullet, or none. */
  labelOf({ numId, level }: ListPlace): string | undefined {
    const list = this.#lists.get(numId)
    const own = list?.levels.get(level)
    if (list === undefined || own === undefined) return undefined
    const counters = this.#counters.get(list.abstractId) ?? []
    this.#counters.set(list.abstractId, counters)
    const restart = list.restarts.get(level)
    const key = `${numId} ${level}`
    if (restart !== undefined && !this.#restarted.has(key)) {
      this.#restarted.add(key)
      counters[level] = restart
    } else counters[level] = (counters[level] ?? own.start - 1) + 1
    counters.length = level + 1
    if (own.format === 'bullet' || own.format === 'none') return undefined
    const label = own.text.replace(/%(\d)/g, (_, digit: string) => {
      const at = Number(digit) - 1
      const number = counters[at] ?? list.levels.get(at)?.start ?? 1
      return itemNumber(number, styles[list.levels.get(at)?.format ?? ''] ?? 'decimal')
    })
    return label.trim() === '' ? undefined : label.trim()
  }
}

function listsOf(numbering: string): ReadonlyMap<string, List> {
  const tree = xmlTree(numbering)
  const abstracts = new Map<string, ReadonlyMap<number, Level>>()
  for (const abstract of elementsOf(tree, 'w:abstractNum')) {
    abstracts.set(abstract.attribs['w:abstractNumId'] ?? '', levelsOf(abstract))
  }
  const lists = new Map<string, List>()
  for (const num of elementsOf(tree, 'w:num')) {
    const abstractId = child(num, 'w:abstractNumId')?.attribs['w:val'] ?? ''
    const levels = new Map([...(abstracts.get(abstractId) ?? []), ...levelsOf(num)])
    const restarts = new Map<number, number>()
    for (const override of elementsOf(num, 'w:lvlOverride')) {
      const start = child(override, 'w:startOverride')?.attribs['w:val']
      if (start !== undefined) restarts.set(Number(override.attribs['w:ilvl']), Number(start))
    }
    lists.set(num.attribs['w:numId'] ?? '', { abstractId, levels, restarts })
  }
  return lists
}

function levelsOf(list: XmlElement): ReadonlyMap<number, Level> {
  const levels = new Map<number, Level>()
  for (const level of elementsOf(list, 'w:lvl')) {
    const field = (name: string) => child(level, name)?.attribs['w:val']
    levels.set(Number(level.attribs['w:ilvl']), {
      start: Number(field('w:start') ?? 1),
      format: field('w:numFmt') ?? 'decimal',
      text: field('w:lvlText') ?? '',
    })
  }
  return levels
}

/** The lists of paragraph styles; a style inherits that of its base. */
function placesOfStyles(stylesheet: string): ReadonlyMap<string, ListPlace> {
  const places = new Map<string, ListPlace>()
  const basedOn = new Map<string, string>()
  for (const style of elementsOf(xmlTree(stylesheet), 'w:style')) {
    const id = style.attribs['w:styleId'] ?? ''
    const base = child(style, 'w:basedOn')?.attribs['w:val']
    const numbers = child(style, 'w:pPr', 'w:numPr')
    const numId = child(numbers, 'w:numId')?.attribs['w:val']
    if (numId !== undefined) places.set(id, { numId, level: Number(child(numbers, 'w:ilvl')?.attribs['w:val'] ?? 0) })
    else if (base !== undefined) basedOn.set(id, base)
  }
  for (const id of basedOn.keys()) {
    const seen = new Set<string>()
    let base: string | undefined = id
    while (base !== undefined && !places.has(base) && !seen.has(base)) {
      seen.add(base)
      base = basedOn.get(base)
    }
    const place = base === undefined ? undefined : places.get(base)
    if (place !== undefined) places.set(id, place)
  }
  return places
}
