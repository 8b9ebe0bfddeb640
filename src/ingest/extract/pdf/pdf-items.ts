/** A run of text from pdf.js; lengths in points, from the page's lower left. */
export interface TextItem {
  readonly str: string
  readonly dir: string
  /** Scale and skew, then x and y. */
  readonly transform: readonly number[]
  readonly width: number
  readonly height: number
}

/** A run of letters in the page's own direction: `x` grows along the line, `y` from line to line towards the top. */
export interface TextRun {
  readonly text: string
  readonly x: number
  readonly y: number
  readonly right: number
  readonly size: number
  readonly isRtl: boolean
}

/** Runs in the direction of most letters, and the others: stamps, watermarks. */
export interface PageRuns {
  readonly upright: readonly TextRun[]
  readonly askew: readonly TextRun[]
}

/** Distance below which a letter counts as drawn twice (bold, shadow), as a share of its size. */
const doubleShare = 0.12
/** A grid cell and its neighbours. */
const around = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [dx, dy] as const))
/** Presentation forms of letters, which only fonts need. */
const presentationForms = /[\ufb00-\ufdff\ufe70-\ufefc]+/g

/** Cleaned runs from pdf.js's items, each letter once, split by direction. */
export function pageRuns(items: readonly TextItem[]): PageRuns {
  const seen = new Set<string>()
  const letters = new Map<number, number>()
  const found: { readonly run: TextRun; readonly angle: number }[] = []
  for (const { str, dir, transform, width, height } of items) {
    const text = clean(str)
    if (text.trim() === '') continue
    const [a = 1, b = 0, , , px = 0, py = 0] = transform
    const angle = quarters(a, b)
    const [x, y] = turned(px, py, Number.isNaN(angle) ? 0 : angle)
    const size = height > 0 ? height : Math.hypot(a, b)
    const step = doubleShare * size
    const [column, row] = [Math.round(x / step), Math.round(y / step)]
    if (around.some(([dx, dy]) => seen.has(`${column + dx} ${row + dy} ${text}`))) continue
    seen.add(`${column} ${row} ${text}`)
    letters.set(angle, (letters.get(angle) ?? 0) + text.length)
    found.push({ run: { text, x, y, right: x + width, size, isRtl: dir === 'rtl' }, angle })
  }
  const [upright] = [...letters].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0])
  return {
    upright: found.filter(({ angle }) => Object.is(angle, upright)).map(({ run }) => run),
    askew: found.filter(({ angle }) => !Object.is(angle, upright)).map(({ run }) => run),
  }
}

/** A run's rotation in quarter turns; NaN when it is skewed. */
function quarters(a: number, b: number): number {
  const exact = (Math.atan2(b, a) * 2) / Math.PI
  const whole = Math.round(exact)
  return Math.abs(exact - whole) > 0.1 ? Number.NaN : (whole + 4) % 4
}

function turned(x: number, y: number, angle: number): [number, number] {
  if (angle === 1) return [y, -x]
  if (angle === 2) return [-x, -y]
  return angle === 3 ? [-y, x] : [x, y]
}

/** Cleans a text. Its length may change, since page offsets are computed later. */
function clean(text: string): string {
  const plain = text.replaceAll('\0', '').replaceAll('\u00ad', '').toWellFormed()
  return plain.replace(presentationForms, (forms) => forms.normalize('NFKC'))
}
