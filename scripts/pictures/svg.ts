/** SVG parts that all pictures share: colours for light and dark, boxes, arrows, text. */

export type Tone = 'plain' | 'caller' | 'router' | 'registry' | 'store' | 'outside' | 'heart' | 'stop'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly title: string
  readonly lines?: readonly string[]
  readonly tone?: Tone
}

export type Point = readonly [x: number, y: number]

export interface Page {
  readonly width: number
  readonly height: number
  /** Read by screen readers instead of the picture. */
  readonly title: string
  readonly body: readonly string[]
}

/**
 * A complete picture. It follows the reader's light or dark theme automatically, also as an `<img>` on a Markdown page.
 */
export function page({ width, height, title, body }: Page): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}</style>`,
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z"/></marker></defs>',
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

export function box({ x, y, width, height, title, lines = [], tone = 'plain' }: Box): string {
  const middle = x + width / 2
  const top = y + height / 2 - (lines.length * 17) / 2 + 5
  return [
    `<rect class="box ${tone}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`,
    text(middle, top, title, 'name middle'),
    ...lines.map((line, at) => text(middle, top + 17 * (at + 1), line, 'small middle')),
  ].join('\n')
}

export function text(x: number, y: number, words: string, classes = ''): string {
  return `<text${classes === '' ? '' : ` class="${classes}"`} x="${round(x)}" y="${round(y)}">${escapeXml(words)}</text>`
}

/** A line through points, with a head at its end unless its class removes it. */
export function arrow(points: readonly Point[], classes = 'arrow'): string {
  const way = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')
  return `<path class="${classes}" d="${way}"/>`
}

export function escapeXml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

export function round(number: number): number {
  return Math.round(number * 10) / 10
}

const light: Readonly<Record<string, string>> = {
  paper: '#ffffff',
  ink: '#1f2328',
  soft: '#57606a',
  line: '#8c959f',
  plain: '#f6f8fa',
  caller: '#ddf4ff',
  router: '#dafbe1',
  registry: '#fff8c5',
  store: '#fbefff',
  outside: '#eaeef2',
  heart: '#ffdff0',
  stop: '#ffebe9',
}

const dark: Readonly<Record<string, string>> = {
  paper: '#0d1117',
  ink: '#e6edf3',
  soft: '#9198a1',
  line: '#6e7681',
  plain: '#161b22',
  caller: '#0c2d4a',
  router: '#0f3320',
  registry: '#3b2e04',
  store: '#2d1b4e',
  outside: '#21262d',
  heart: '#46132f',
  stop: '#4c1512',
}

const tones: readonly Tone[] = ['plain', 'caller', 'router', 'registry', 'store', 'outside', 'heart', 'stop']

const style = [
  `:root{${variables(light)}}`,
  `@media (prefers-color-scheme: dark){:root{${variables(dark)}}}`,
  'text{font:14px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:var(--ink)}',
  '.name{font-weight:600}.small{font-size:12.5px;fill:var(--soft)}.middle{text-anchor:middle}.end{text-anchor:end}',
  '.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}',
  '.paper{fill:var(--paper)}marker path{fill:var(--line)}',
  '.box{stroke:var(--line);stroke-width:1}',
  ...tones.map((tone) => `.${tone}{fill:var(--${tone})}`),
  '.arrow{fill:none;stroke:var(--line);stroke-width:1.4;marker-end:url(#head)}',
  '.dashed{fill:none;stroke:var(--line);stroke-width:1.4;stroke-dasharray:5 4;marker-end:url(#head)}',
  '.rule{fill:none;stroke:var(--line);stroke-width:1}',
  '.frame{fill:none;stroke:var(--line);stroke-width:1;stroke-dasharray:4 4}',
].join('\n')

function variables(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')
}
