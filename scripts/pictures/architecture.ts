import { roomArrows } from '../arrows/table.ts'
import { type Graph, placeInLayers, withoutDetours } from './layers.ts'
import { arrow, box, page, type Tone, text } from './svg.ts'

const width = 960
const top = 74
const boxHeight = 30
const bandGap = 10
const bandRowHeight = 40
const kinds: readonly { readonly label: string; readonly tone: Tone; readonly rooms: readonly string[] }[] = [
  { label: 'surfaces', tone: 'caller', rooms: ['http', 'cli', 'config'] },
  {
    label: 'verbs',
    tone: 'router',
    rooms: ['rag', 'ingest', 'tenants', 'moves', 'isolation', 'reconcile', 'notices', 'crm'],
  },
  { label: 'the heart', tone: 'heart', rooms: ['routing'] },
  {
    label: 'ports and their helpers',
    tone: 'store',
    rooms: ['auth', 'cache', 'concurrency', 'limits', 'log', 'models', 'registry', 'stores', 'telemetry'],
  },
  { label: 'pure decisions', tone: 'registry', rooms: ['placement', 'policy', 'lexical'] },
  {
    label: 'entries, wiring, development',
    tone: 'outside',
    rooms: ['main', 'services', 'mover', 'parts', 'doctor', 'dev', 'demo', 'embedded'],
  },
]

/**
 * The rooms of `src` with their imports, from the table that `npm run check` enforces. Foundations stand in a band
 * below, without arrows. Of the others an arrow is left out where a longer path implies it: with all arrows no reader
 * could follow one.
 */
export function architecturePicture(): string {
  const { nodes, arrows, height } = placeInLayers(withoutDetours(upperRooms()), { width, rowHeight: 64, widthOf })
  return page({
    width,
    height: top + height + 32 + bandRows().length * bandRowHeight,
    title: 'The rooms of src, and which room imports from which',
    body: [
      text(20, 28, 'Rooms of src: an arrow goes from a room to one that it imports from', 'name'),
      ...legend(),
      ...arrows.map((way) => arrow(way.map(([x, y], at) => [x, top + y + heightAt(at, way.length)]))),
      ...[...nodes].map(([title, { x, y }]) => room(title, x, top + y)),
      ...band(top + height),
    ],
  })
}

/** Every room except the foundations, with its arrows to others of them. */
function upperRooms(): Graph {
  const upper = Object.keys(roomArrows).filter((room) => toneOf(room) !== 'plain')
  for (const room of foundations()) {
    const above = roomArrows[room]?.find((to) => upper.includes(to))
    if (above !== undefined)
      throw new Error(`scripts/pictures/architecture.ts: name the kind of ${room}, it imports ${above}`)
  }
  return Object.fromEntries(upper.map((room) => [room, (roomArrows[room] ?? []).filter((to) => upper.includes(to))]))
}

function foundations(): string[] {
  return Object.keys(roomArrows).filter((room) => toneOf(room) === 'plain')
}

function band(y: number): string[] {
  const words =
    'Foundations, which know nothing of the service (pinecone-local is a program of its own, imported by none)'
  return [
    text(20, y + 6, words, 'small'),
    ...bandRows().flatMap((rooms, at) => {
      let left = 20
      return rooms.map((name) => {
        const x = left + widthOf(name) / 2
        left += widthOf(name) + bandGap
        return room(name, x, y + 20 + at * bandRowHeight)
      })
    }),
  ]
}

function bandRows(): string[][] {
  const rows: string[][] = [[]]
  let used = 0
  for (const name of foundations()) {
    used += widthOf(name) + bandGap
    if (used - bandGap > width - 40) {
      rows.push([])
      used = widthOf(name) + bandGap
    }
    rows.at(-1)?.push(name)
  }
  return rows
}

function room(title: string, x: number, y: number): string {
  const across = Math.round(widthOf(title))
  return box({ x: Math.round(x - across / 2), y, width: across, height: boxHeight, title, tone: toneOf(title) })
}

function widthOf(name: string): number {
  return name.length * 8.4 + 14
}

/** An arrow leaves a box at its lower edge, ends at the upper edge of another, and passes rows between at mid-height. */
function heightAt(at: number, points: number): number {
  return at === 0 ? boxHeight : at === points - 1 ? 0 : boxHeight / 2
}

function toneOf(room: string): Tone {
  return kinds.find(({ rooms }) => rooms.includes(room))?.tone ?? 'plain'
}

function legend(): string[] {
  let x = 20
  return [...kinds, { label: 'foundations', tone: 'plain' as Tone }].map(({ label, tone }) => {
    const at = x
    x += label.length * 7 + 38
    return `<rect class="box ${tone}" x="${at}" y="42" width="14" height="14" rx="3"/>\n${text(at + 20, 54, label, 'small')}`
  })
}
