import { columnOf, lettersOf } from './xlsx-cells.ts'

const row = /<row\b([^>]*?)(?:\/>|>[\s\S]*?<\/row>)/g
const cell = /<c\b([^>]*?)(?:\/>|>[\s\S]*?<\/c>)/g
const column = /<col\b[^>]*>/g
/** A hidden row that a filter leaves out, or that is folded into a group, is a view of what is there: it is read. */
const isFiltered = /<sheetPr\b[^>]*\sfilterMode="(?:1|true)"|<filterColumn\b/
const isHidden = /\shidden="(?:1|true)"/
const isFolded = /\soutlineLevel="[1-9]"/

export interface SeenSheet {
  /** The sheet's XML, without what its author hid. */
  readonly xml: string
  /** The left-out parts that have values, as in `row 4`, `column D`. */
  readonly hidden: readonly string[]
  /** Whether a cell is left out. Both numbers count from 1. */
  leavesOut(column: number, row: number): boolean
}

/** Leaves out the rows and columns that the author of a sheet has hidden, as Excel does. */
export function seenSheet(xml: string): SeenSheet {
  const keepsRows = isFiltered.test(xml)
  const ranges = [...xml.matchAll(column)].flatMap(([tag]) => {
    if (!isHidden.test(tag) || isFolded.test(tag)) return []
    return [{ from: numberIn(tag, 'min'), to: numberIn(tag, 'max') }]
  })
  const inRange = (at: number) => ranges.some(({ from, to }) => at >= from && at <= to)
  const unseen = new Set<number>()
  const rows: number[] = []
  const columns = new Set<number>()
  const seen = xml.replace(row, (source, attributes: string) => {
    if (isHidden.test(attributes) && !isFolded.test(attributes) && !keepsRows) {
      const number = numberIn(attributes, 'r')
      unseen.add(number)
      if (/<(?:v|t)\b/.test(source)) rows.push(number)
      return ''
    }
    if (ranges.length === 0) return source
    return source.replace(cell, (one, ofCell: string) => {
      const at = columnOf(/\sr="([A-Z]+)/.exec(ofCell)?.[1] ?? '')
      if (!inRange(at)) return one
      if (/<(?:v|t)\b/.test(one)) columns.add(at)
      return ''
    })
  })
  const lettered = [...columns].toSorted((left, right) => left - right)
  return {
    xml: seen,
    hidden: [...named('row', rows, String), ...named('column', lettered, lettersOf)],
    leavesOut: (at, number) => unseen.has(number) || inRange(at),
  }
}

/** As in `rows 4–6`, `row 9`. */
function named(what: string, numbers: readonly number[], write: (one: number) => string): string[] {
  const runs: { from: number; to: number }[] = []
  for (const one of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && last.to === one - 1) last.to = one
    else runs.push({ from: one, to: one })
  }
  return runs.map(({ from, to }) => (from === to ? `${what} ${write(from)}` : `${what}s ${write(from)}–${write(to)}`))
}

function numberIn(attributes: string, name: string): number {
  return Number(new RegExp(`\\s${name}="(\\d+)"`).exec(attributes)?.[1])
}
