import { statfs } from 'node:fs/promises'
import { systemClock } from '../clock.ts'

/** Postgres needs 16 MB at once for a further file of its log; below that it may stop in the middle of a write. */
const littleBytes = 24 * 1024 * 1024
const lookEveryMs = 5_000

/** A sentence that names the folder, while its disk is full or nearly so. */
export async function fullDisk(folder: string): Promise<string | undefined> {
  const free = await freeBytes(folder)
  if (free === undefined || free >= littleBytes) return undefined
  const mb = Math.floor(free / 1024 / 1024)
  return `The disk of ${folder} is ${mb === 0 ? 'full' : `nearly full (${mb} MB are left)`}: make room there, or set DATA_DIR to a folder with more.`
}

/** Says so once each time that the disk of a folder fills up, before writes fail. */
export function watchDisk(folder: string, say: (sentence: string) => void): Disposable {
  let isTold = false
  const look = async () => {
    const sentence = await fullDisk(folder)
    if (sentence !== undefined && !isTold) say(`${sentence} Until then writes are refused.`)
    isTold = sentence !== undefined
  }
  const timer = systemClock.every(lookEveryMs, () => void look())
  void look()
  return { [Symbol.dispose]: () => timer.stop() }
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}
