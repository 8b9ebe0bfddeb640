import { parentPort, workerData } from 'node:worker_threads'
import { oneConnection } from './one-connection.ts'
import { simulate } from './simulate.ts'

/** A lane's input, with the counter that it takes its seeds from. */
export interface LaneWork {
  readonly url: string
  /** Shared by all lanes: how many seeds are taken, and how many are to be taken, which may become fewer. */
  readonly taken: Int32Array
  /** The first seed. */
  readonly from: number
  /** Share of histories in which somebody damages a place, from 0 to 1. */
  readonly damageShare: number
}

/** The outcome of one seed. */
export interface LaneAnswer {
  readonly seed: number
  readonly deeds: readonly string[]
  /** Why it failed. */
  readonly fault?: string
}

/** One thread with a database of its own, which plays histories until no seed is left. */
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
