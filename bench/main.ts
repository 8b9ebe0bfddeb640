import { parseArgs } from 'node:util'
import { consolePages } from './console.ts'
import { door } from './door.ts'
import { frontier } from './frontier.ts'
import { type BenchOptions, type BenchResult, jsonLine, machine, measureSpeed, print } from './harness/report.ts'
import { writeResults } from './harness/write-results.ts'
import { ingest } from './ingest.ts'
import { local } from './local.ts'
import { move } from './move.ts'
import { noisy } from './noisy.ts'
import { onboard } from './onboard.ts'
import { overhead } from './overhead.ts'
import { reembed } from './reembed.ts'
import { routing } from './routing.ts'
import { scale } from './scale.ts'
import { start } from './start.ts'
import { suspend } from './suspend.ts'
import { tail } from './tail.ts'
import { thin } from './thin.ts'
import { throughput } from './throughput.ts'

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<BenchResult>>> = {
  overhead,
  door,
  throughput,
  thin,
  frontier,
  routing,
  onboard,
  move,
  reembed,
  noisy,
  ingest,
  scale,
  start,
  tail,
  local,
  console: consolePages,
  suspend,
}

const usage = `npm run bench -- [NAME…] [--quick] [--write] [--note TEXT]

  NAME     ${Object.keys(benches).join(', ')}; all without one
  --quick  fewer and shorter rounds, all in under four minutes on a quick machine
  --write  puts the results into docs/benchmarks.md and README.md
  --note   what a reader of the numbers has to know, as in 'other work was running'`

/** `npm run bench`. Each benchmark ends with one JSON line; a missed goal is marked, but does not fail the run. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      write: { type: 'boolean' },
      note: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const unknown = positionals.filter((name) => benches[name] === undefined)
  if (values.help || unknown.length > 0) {
    console.log(unknown.length > 0 ? `There is no benchmark ${unknown.join(', ')}.\n\n${usage}` : usage)
    process.exitCode = unknown.length > 0 ? 2 : 0
    return
  }
  const quick = values.quick ?? false
  const chosen = Object.entries(benches).filter(([name]) => positionals.length === 0 || positionals.includes(name))
  console.log(machine())
  const lines: string[] = []
  for (const [name, bench] of chosen) {
    console.log(`\n${name}`)
    const speed = measureSpeed()
    console.log(`  before it: a fixed loop takes ${speed.loopS} s, load ${speed.load}`)
    const measured = await bench({ quick, say: (line) => console.log(`  ${line}`) })
    const note = [measured.note, values.note].filter((text) => text !== undefined).join('; ')
    const result = note === '' ? measured : { ...measured, note }
    print(result, console.log)
    const line = jsonLine(result, quick, speed)
    console.log(line)
    lines.push(line)
  }
  if (values.write) await writeResults(lines)
}

await main()
