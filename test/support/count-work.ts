import { Session } from 'node:inspector/promises'

/**
 * The amount of work of a call: how often the engine entered a block of code meanwhile. It is the same on every
 * machine, fast or slow.
 */
export async function countWork<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly blocks: number }> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    const result = await run()
    const { result: scripts } = await session.post('Profiler.takePreciseCoverage')
    await session.post('Profiler.stopPreciseCoverage')
    let blocks = 0
    for (const { functions } of scripts)
      for (const { ranges } of functions) for (const { count } of ranges) blocks += count
    return { result, blocks }
  } finally {
    session.disconnect()
  }
}
