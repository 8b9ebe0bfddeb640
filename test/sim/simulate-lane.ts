import { parentPort, workerData } from 'node:worker_threads'
import { oneConnection } from './sim-sql.ts'
import { simulate } from './simulate.ts'

/** What a lane is given, and takes its seeds from: `next` is shared by all of them. */
export interface LaneWork {
  readonly url: string
  readonly next: Int32Array
  /** The first seed, and the one after the last. */
  readonly from: number
  readonly end: number
}

/** What became of one seed. */
export interface LaneAnswer {
  readonly seed: number
  readonly deeds: readonly string[]
  /** Why it failed. */
  readonly fault?: string
}

/** One thread with a database of its own: a history after the other, until no seed is left. */
const { url, next, from, end } = workerData as LaneWork
const connection = oneConnection(url)
for (let seed = take(); seed < end; seed = take()) parentPort?.postMessage(await play(seed))
await connection.end()

function take(): number {
  return from + Atomics.add(next, 0, 1)
}

async function play(seed: number): Promise<LaneAnswer> {
  try {
    return { seed, deeds: (await simulate(connection, seed)).deeds }
  } catch (error) {
    return { seed, deeds: [], fault: error instanceof Error ? error.message : String(error) }
  }
}
