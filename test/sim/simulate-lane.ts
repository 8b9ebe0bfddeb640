import { parentPort, workerData } from 'node:worker_threads'
import { oneConnection } from './sim-sql.ts'
import { simulate } from './simulate.ts'

/** What a lane is given, and takes its seeds from. */
export interface LaneWork {
  readonly url: string
  /** Shared by all lanes: how many seeds are taken, and how many are to be taken, which may become fewer. */
  readonly taken: Int32Array
  /** The first seed. */
  readonly from: number
  /** In how many histories somebody damages a place, from 0 to 1. */
  readonly damageShare: number
}

/** What became of one seed. */
export interface LaneAnswer {
  readonly seed: number
  readonly deeds: readonly string[]
  /** Why it failed. */
  readonly fault?: string
}

/** One thread with a database of its own: a history after the other, until no seed is left. */
const { url, taken, from, damageShare } = workerData as LaneWork
const connection = oneConnection(url)
for (let n = take(); n < Atomics.load(taken, 1); n = take()) parentPort?.postMessage(await play(from + n))
await connection.end()

function take(): number {
  return Atomics.add(taken, 0, 1)
}

async function play(seed: number): Promise<LaneAnswer> {
  try {
    return { seed, deeds: (await simulate(connection, seed, damageShare)).deeds }
  } catch (error) {
    return { seed, deeds: [], fault: error instanceof Error ? error.message : String(error) }
  }
}
