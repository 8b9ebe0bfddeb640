import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** One goal of a benchmark, and whether this run reached it. */
export interface Goal {
  readonly what: string
  readonly value: number
  readonly limit: number
  readonly sense: 'at most' | 'at least'
}

/** One step of a curve: a tail, and the rate that it came with. */
export interface CurvePoint {
  readonly p99Ms: number
  readonly perSecond: number
}

export interface BenchResult {
  readonly bench: string
  /** Conditions of the measurement, where they differ from the other benchmarks'. */
  readonly note?: string
  /** Rows for people: the measured quantity, median (least–most). */
  readonly rows: readonly (readonly [what: string, value: string])[]
  readonly goals: readonly Goal[]
  /** Steps by subject, for a picture. */
  readonly curves?: Readonly<Record<string, readonly CurvePoint[]>>
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

/** How quick the machine is and how busy it was before a benchmark, so that figures of two machines can be compared. */
export interface Speed {
  /** Seconds that a fixed loop of 100 million steps takes. */
  readonly loopS: number
  /** Processes that wanted a processor, the mean of the last minute. */
  readonly load: number
}

export function measureSpeed(): Speed {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round += 1) {
    const startedAt = performance.now()
    if (Number.isNaN(fixedLoop(round))) throw new RangeError('the loop was left out')
    least = Math.min(least, (performance.now() - startedAt) / 1000)
  }
  return { loopS: Number(least.toFixed(2)), load: Number((loadavg()[0] ?? 0).toFixed(1)) }
}

function fixedLoop(seed: number): number {
  let sum = seed
  for (let step = 0; step < 1e8; step += 1) sum = (Math.imul(sum, 31) + step) | 0
  return sum
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
export function jsonLine(result: BenchResult, quick: boolean, speed: Speed): string {
  const { bench, rows, goals, note, curves } = result
  const judged = goals.map((goal) => ({ ...goal, value: Number(goal.value.toFixed(4)), reached: reached(goal) }))
  return JSON.stringify({
    bench,
    reached: goals.every(reached),
    quick,
    machine: machine(),
    ...speed,
    ...(note === undefined ? {} : { note }),
    goals: judged,
    rows: Object.fromEntries(rows),
    ...(curves === undefined ? {} : { curves: roundedCurves(curves) }),
  })
}

function roundedCurves(curves: NonNullable<BenchResult['curves']>): NonNullable<BenchResult['curves']> {
  const rounded = Object.entries(curves).map(([name, points]) => [
    name,
    points.map(({ p99Ms, perSecond }) => ({ p99Ms: Number(p99Ms.toFixed(2)), perSecond: Math.round(perSecond) })),
  ])
  return Object.fromEntries(rounded)
}
