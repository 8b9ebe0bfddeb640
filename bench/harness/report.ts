import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

/** One goal of a benchmark, and whether this run reached it. */
export interface Goal {
  readonly what: string
  readonly value: number
  readonly limit: number
  readonly sense: 'at most' | 'at least'
}

export interface BenchResult {
  readonly bench: string
  /** Conditions of the measurement, where they differ from the other benchmarks'. */
  readonly note?: string
  /** Rows for people: the measured quantity, median (least–most). */
  readonly rows: readonly (readonly [what: string, value: string])[]
  readonly goals: readonly Goal[]
}

export interface BenchOptions {
  readonly quick: boolean
  /** Progress, for the terminal. */
  readonly say: (line: string) => void
}

function reached({ value, limit, sense }: Goal): boolean {
  return sense === 'at most' ? value <= limit : value >= limit
}

/** The machine that produced the numbers. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memoryGb = Math.round(totalmem() / 1024 ** 3)
  const cores = availableParallelism()
  return `${cores} cores (${model}), ${memoryGb} GB, ${system()}, Node ${process.versions.node}`
}

function system(): string {
  if (process.platform !== 'linux') return process.platform
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'
  } catch {
    return 'Linux'
  }
}

/** Prints the rows to the terminal, then each goal with its verdict. */
export function print(result: BenchResult, say: (line: string) => void): void {
  const width = Math.max(
    ...[...result.rows.map(([what]) => what), ...result.goals.map(({ what }) => what)].map((w) => w.length),
  )
  for (const [what, value] of result.rows) say(`  ${what.padEnd(width)}  ${value}`)
  for (const goal of result.goals) {
    const verdict = reached(goal) ? 'reached' : 'MISSED'
    say(`  ${goal.what.padEnd(width)}  ${goal.value.toFixed(3)}, to be ${goal.sense} ${goal.limit}: ${verdict}`)
  }
}

/** The last line of a benchmark, for scripts. */
export function jsonLine(result: BenchResult, quick: boolean): string {
  const { bench, rows, goals, note } = result
  const judged = goals.map((goal) => ({ ...goal, value: Number(goal.value.toFixed(4)), reached: reached(goal) }))
  return JSON.stringify({
    bench,
    reached: goals.every(reached),
    quick,
    machine: machine(),
    ...(note === undefined ? {} : { note }),
    goals: judged,
    rows: Object.fromEntries(rows),
  })
}
