/** A layered drawing of a graph without circles: every arrow goes down, and long ones bend at each layer they pass. */

export type Graph = Readonly<Record<string, readonly string[]>>

export interface Placed {
  readonly nodes: ReadonlyMap<string, { readonly x: number; readonly y: number; readonly width: number }>
  /** Points of each arrow, from the upper node to the lower one. */
  readonly arrows: readonly (readonly (readonly [number, number])[])[]
  readonly height: number
}

interface Slot {
  readonly name: string
  readonly width: number
  readonly above: Slot[]
  readonly below: Slot[]
  x: number
}

/** Removes each arrow that another path implies. */
export function withoutDetours(graph: Graph): Graph {
  const known = new Map<string, ReadonlySet<string>>()
  const reach = (from: string): ReadonlySet<string> => {
    const before = known.get(from)
    if (before !== undefined) return before
    const found = new Set((graph[from] ?? []).flatMap((to) => [to, ...reach(to)]))
    known.set(from, found)
    return found
  }
  return Object.fromEntries(
    Object.entries(graph).map(([from, targets]) => [
      from,
      targets.filter((to) => !targets.some((other) => other !== to && reach(other).has(to))),
    ]),
  )
}

/** Places a graph deterministically: names break ties. */
export function placeInLayers(
  graph: Graph,
  { width, rowHeight, widthOf }: { width: number; rowHeight: number; widthOf: (name: string) => number },
): Placed {
  const depth = depths(graph)
  const rows: Slot[][] = Array.from({ length: Math.max(...depth.values()) + 1 }, () => [])
  const rowOf = (name: string) => rows.length - 1 - (depth.get(name) ?? 0)
  const slots = new Map<string, Slot>()
  for (const name of Object.keys(graph).sort()) {
    const slot = { name, width: widthOf(name), above: [], below: [], x: 0 }
    slots.set(name, slot)
    rows[rowOf(name)]?.push(slot)
  }
  const ways: Slot[][] = []
  for (const [from, targets] of Object.entries(graph)) {
    for (const to of targets) {
      const way = [slots.get(from) as Slot]
      for (let row = rowOf(from) + 1; row < rowOf(to); row += 1) {
        const bend: Slot = { name: `${from}>${to}`, width: 14, above: [], below: [], x: 0 }
        rows[row]?.push(bend)
        way.push(bend)
      }
      way.push(slots.get(to) as Slot)
      for (const [at, slot] of way.slice(1).entries()) {
        way[at]?.below.push(slot)
        slot.above.push(way[at] as Slot)
      }
      ways.push(way)
    }
  }
  for (const row of rows) spread(row, width)
  for (let round = 0; round < 60; round += 1) {
    const down = round % 2 === 0
    for (const row of down ? rows : rows.toReversed()) order(row, down ? 'above' : 'below', width)
  }
  for (let round = 0; round < 40; round += 1) for (const row of rows) settle(row, width)
  return {
    nodes: new Map([...slots].map(([name, { x, width }]) => [name, { x, width, y: rowOf(name) * rowHeight }])),
    arrows: ways.map((way) => way.map((slot, at) => [slot.x, (rowOf(way[0]?.name ?? '') + at) * rowHeight] as const)),
    height: rows.length * rowHeight,
  }
}

/** The number of arrows on the longest path down from each node. */
function depths(graph: Graph): ReadonlyMap<string, number> {
  const known = new Map<string, number>()
  const depth = (name: string): number => {
    const before = known.get(name)
    if (before !== undefined) return before
    const found = Math.max(-1, ...(graph[name] ?? []).map(depth)) + 1
    known.set(name, found)
    return found
  }
  for (const name of Object.keys(graph)) depth(name)
  return known
}

function order(row: Slot[], side: 'above' | 'below', width: number): void {
  const wanted = new Map(row.map((slot) => [slot, mean(slot[side]) ?? slot.x]))
  row.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0) || (a.name < b.name ? -1 : 1))
  spread(row, width)
}

/** Spreads a row from left to right with equal gaps. */
function spread(row: readonly Slot[], width: number): void {
  const gap = (width - row.reduce((sum, slot) => sum + slot.width, 0)) / (row.length + 1)
  let left = gap
  for (const slot of row) {
    slot.x = left + slot.width / 2
    left += slot.width + gap
  }
}

/** Moves each slot towards the middle of its neighbours, as far as its row permits. */
function settle(row: readonly Slot[], width: number): void {
  const gap = 22
  for (const [at, slot] of row.entries()) {
    const [before, after] = [row[at - 1], row[at + 1]]
    const least = before === undefined ? slot.width / 2 + gap : before.x + (before.width + slot.width) / 2 + gap
    const most = after === undefined ? width - slot.width / 2 - gap : after.x - (after.width + slot.width) / 2 - gap
    const wanted = mean([...slot.above, ...slot.below]) ?? slot.x
    if (least <= most) slot.x = Math.min(Math.max(wanted, least), most)
  }
}

function mean(slots: readonly Slot[]): number | undefined {
  return slots.length === 0 ? undefined : slots.reduce((sum, slot) => sum + slot.x, 0) / slots.length
}
