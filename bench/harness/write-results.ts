import { readFile, writeFile } from 'node:fs/promises'

/** A benchmark's JSON line. */
interface Line {
  readonly bench: string
  readonly quick: boolean
  readonly machine: string
  /** Absent in lines of older runs. */
  readonly loopS?: number
  readonly load?: number
  readonly note?: string
  readonly goals: readonly { what: string; value: number; limit: number; sense: string; reached: boolean }[]
  readonly rows: Readonly<Record<string, string>>
}

const results = new URL('../results.jsonl', import.meta.url)
const page = new URL('../../docs/benchmarks.md', import.meta.url)
const readme = new URL('../../README.md', import.meta.url)

const begin = '<!-- benchmarks: made by `npm run bench -- --write` -->'
const end = '<!-- /benchmarks -->'

/** Keeps the newest line of each benchmark in `bench/results.jsonl` and generates the pages from them. */
export async function writeResults(lines: readonly string[]): Promise<void> {
  const old = await readFile(results, 'utf8').catch(() => '')
  const newest = new Map<string, string>()
  for (const line of [...old.split('\n').filter((text) => text !== ''), ...lines]) newest.set(parse(line).bench, line)
  await writeFile(results, `${[...newest.values()].join('\n')}\n`)
  const parsed = [...newest.values()].map(parse)
  await writeFile(page, benchmarksPage(parsed))
  await writeFile(readme, withTable(await readFile(readme, 'utf8'), parsed))
}

function parse(line: string): Line {
  return JSON.parse(line) as Line
}

export function benchmarksPage(lines: readonly Line[]): string {
  const sections = lines.map(({ bench, quick, machine, loopS, load, note, goals, rows }) =>
    [
      `## ${bench}`,
      '',
      `On ${[machine, ...speedOf(loopS, load), ...(note === undefined ? [] : [note]), ...(quick ? ['a quick run'] : [])].join('; ')}.`,
      '',
      ...(bench === 'frontier' ? [`${frontierPicture}\n`] : []),
      '| measured | median (least–most of the rounds) |',
      '|---|---|',
      ...Object.entries(rows).map(([what, value]) => `| ${what} | ${value} |`),
      '',
      goalTable(goals),
    ].join('\n'),
  )
  return `${head}\n${sections.join('\n\n')}\n`
}

const frontierPicture =
  '![Requests a second of one process against their p99, beside the thinnest proxy and bare Hono](pictures/frontier.svg)'

function speedOf(loopS: number | undefined, load: number | undefined): readonly string[] {
  return loopS === undefined ? [] : [`a fixed loop takes ${loopS} s there, load ${load} before the run`]
}

const head = `# Benchmarks

Made by \`npm run bench -- --write\`; do not edit by hand. What each one measures, and against what, is in [contract.md](contract.md#6-benchmarks) and at the head of its file in \`bench/\`. Router and baseline are measured in turn within one run, and a ratio is taken round by round: times of different machines, or of different days on a shared one, are not to be compared.
`

function goalTable(goals: Line['goals']): string {
  return [
    '| goal | reached | to be | |',
    '|---|---|---|---|',
    ...goals.map(
      (goal) =>
        `| ${goal.what} | ${Number(goal.value.toFixed(3))} | ${goal.sense} ${goal.limit} | ${goal.reached ? 'yes' : '**no**'} |`,
    ),
  ].join('\n')
}

/** The goals that README shows; the page has all. */
const headlines: readonly string[] = [
  'overhead: 1 × p50 ratio',
  'throughput: uncached / naive',
  'thin: processor time a request',
  'move: write pause, ms',
  'noisy: p99 beside a noisy tenant / alone',
]

/** The README with its table of five goals. @throws Error when the README has no place for it. */
export function withTable(text: string, lines: readonly Line[]): string {
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`README.md has no place for benchmarks: ${begin} … ${end}`)
  const goals = lines.flatMap(({ bench, machine, goals }) =>
    goals
      .map((goal) => ({ ...goal, machine, what: `${bench}: ${goal.what}` }))
      .filter(({ what }) => headlines.includes(what)),
  )
  const machines = [...new Set(goals.map(({ machine }) => machine))]
  return `${before}${begin}\nOn ${machines.join('; and on ')}.\n\n${goalTable(goals)}\n${end}${after}`
}
