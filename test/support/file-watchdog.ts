import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { startOf } from '../../src/embedded/process-identity.ts'

/** The report of a test file's process about itself. */
export interface ToldFile {
  readonly file: string
  /** Its start: a system gives the number of a process that has ended to another one, which is not to be ended. */
  readonly startedAs: string | undefined
}

/**
 * Ends test files that take too long, from outside of their processes: a loop that never lets a timer run stops every
 * limit that the file itself could have. `tell-file.ts` tells which process runs which file.
 */
export class FileWatchdog implements Disposable {
  readonly #folder: string
  readonly #limitMs: number
  readonly #timer: NodeJS.Timeout
  readonly #ended: string[] = []
  #isLooking = false

  /** @param folder of this run alone, one file a process, with the path of the test file that it runs. */
  constructor(folder: string, limitMs: number) {
    this.#folder = folder
    this.#limitMs = limitMs
    this.#timer = setInterval(() => void this.#look(), Math.min(5_000, limitMs / 4))
  }

  /** The test files that were ended. */
  get ended(): readonly string[] {
    return this.#ended
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    await this.#endOld().finally(() => {
      this.#isLooking = false
    })
  }

  async #endOld(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name)
      if (name.endsWith('.new')) continue
      const { mtimeMs } = await stat(path)
      if (Date.now() - mtimeMs < this.#limitMs) continue
      const { file, startedAs } = JSON.parse(await readFile(path, 'utf8')) as ToldFile
      await rm(path)
      if (startOf(Number(name)) !== startedAs || !end(Number(name))) continue
      this.#ended.push(file)
      console.error(`${file} took more than ${this.#limitMs / 1000} s; its process was ended.`)
    }
  }
}

/** @returns false when the process has ended by itself. */
function end(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
