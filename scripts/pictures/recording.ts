import { escapeXml, round } from './svg.ts'
import { type Cell, openTerminal, type Screen } from './terminal.ts'

interface Frame {
  readonly atS: number
  readonly screen: Screen
}

const [letterWidth, lineHeight, margin] = [8.4, 19, 16]
/** Changes closer than this are one frame: no eye distinguishes them, and each costs bytes. */
const frameS = 0.2
/** Longest pause shown of an idle terminal; the recording has its real length. */
const stillS = 0.8
/** A longer film is played faster, as a whole. */
const longestS = 45
/** Time that the last frame stays before the film restarts. */
const endS = 6

/** An asciicast (version 2) as an SVG that plays it, and shows its last frame to readers who want no motion. */
export function recordingPicture(cast: string): string {
  const [header, ...events] = cast
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const title = `A recording of ${header.title}`
  const frames = filmOf(header.width, header.height, events)
  const rows = Math.max(...frames.map(({ screen }) => screen.length))
  const [width, height] = [Math.round(header.width * letterWidth + 2 * margin), rows * lineHeight + 2 * margin]
  const whole = (frames.at(-1)?.atS ?? 0) + endS
  const lines = new Map<string, number>()
  const bodies = frames.map(({ screen }, at) => {
    const uses = screen.flatMap((cells, row) => {
      if (cells.length === 0) return []
      const drawn = lineOf(cells)
      if (!lines.has(drawn)) lines.set(drawn, lines.size)
      return [`<use href="#l${lines.get(drawn)}" y="${row * lineHeight}"/>`]
    })
    return `<g class="frame" id="f${at}">${uses.join('')}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}\n${motion(frames, whole)}</style>`,
    '<defs>',
    ...[...lines].map(([drawn, at]) => `<text id="l${at}" xml:space="preserve">${drawn}</text>`),
    '</defs>',
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    `<g transform="translate(${margin} ${margin + 14})">`,
    ...bodies,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

/** Frames by the film's own clock, which shortens long pauses. */
function filmOf(columns: number, rows: number, events: readonly [number, string, string][]): readonly Frame[] {
  const terminal = openTerminal(columns, rows)
  const times = filmTimes(events.map(([seconds]) => seconds))
  const frames: Frame[] = []
  for (const [at, [, , text]] of events.entries()) {
    terminal.write(text)
    const [time = 0, next] = [times[at], times[at + 1]]
    const last = frames.at(-1)?.atS ?? -1
    if (next !== undefined && (next - time < 0.02 || time - last < frameS)) continue
    frames.push({ atS: time, screen: terminal.screen() })
  }
  return frames
}

function filmTimes(seconds: readonly number[]): readonly number[] {
  let film = 0
  const cut = seconds.map((at, index) => {
    film += Math.min(at - (seconds[index - 1] ?? at), stillS)
    return film
  })
  const pace = Math.min(1, longestS / film)
  return cut.map((at) => at * pace)
}

/** Runs of one style, each at its column, so that no font's width shifts the text behind it. */
function lineOf(cells: readonly Cell[]): string {
  const runs: { look: string; words: string; column: number }[] = []
  for (const [column, { letter, look }] of cells.entries()) {
    const run = runs.at(-1)
    if (run !== undefined && run.look === look) run.words += letter
    else runs.push({ look, words: letter, column })
  }
  return runs
    .filter(({ words }) => words.trim() !== '')
    .map(
      ({ look, words, column }) =>
        `<tspan x="${round(column * letterWidth)}" textLength="${round(words.length * letterWidth)}"${look === '' ? '' : ` class="${look}"`}>${escapeXml(words)}</tspan>`,
    )
    .join('')
}

/** The animation: every frame has its own moment of a common cycle; `steps` shows it completely or not at all. */
function motion(frames: readonly Frame[], whole: number): string {
  const share = (seconds: number) => `${Math.round((seconds / whole) * 100_000) / 1000}%`
  const rules = frames.map(({ atS }, at) => {
    const end = frames[at + 1]?.atS ?? whole
    const start = at === 0 ? 0 : atS
    return [
      `#f${at}{animation-name:k${at}}`,
      `@keyframes k${at}{0%{visibility:${start === 0 ? 'visible' : 'hidden'}}${start === 0 ? '' : `${share(start)}{visibility:visible}`}${end >= whole ? '' : `${share(end)}{visibility:hidden}`}}`,
    ].join('')
  })
  return [
    '.frame{visibility:hidden}',
    `#f${frames.length - 1}{visibility:visible}`,
    `@media (prefers-reduced-motion: no-preference){.frame{animation:${round(whole)}s step-end infinite}${rules.join('\n')}}`,
  ].join('\n')
}

const style = [
  ':root{--paper:#ffffff;--ink:#1f2328;--dim:#6e7781;--green:#1a7f37;--red:#cf222e;--yellow:#9a6700;--blue:#0969da;--cyan:#1b7c83;--line:#d0d7de}',
  '@media (prefers-color-scheme: dark){:root{--paper:#0d1117;--ink:#e6edf3;--dim:#8b949e;--green:#3fb950;--red:#f85149;--yellow:#d29922;--blue:#58a6ff;--cyan:#56d4dd;--line:#30363d}}',
  'text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);white-space:pre}',
  '.paper{fill:var(--paper);stroke:var(--line)}.bold{font-weight:700}',
  '.dim{fill:var(--dim)}.green{fill:var(--green)}.red{fill:var(--red)}.yellow{fill:var(--yellow)}.blue{fill:var(--blue)}.cyan{fill:var(--cyan)}',
].join('\n')
