import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startOf } from './process-identity.ts'
import { StartupError } from './startup-error.ts'

/** A process in the run file: the pid alone may belong to another process by now. */
interface RecordedProcess {
  readonly pid: number
  readonly startedAt: string
  readonly what: string
}

interface RunFile {
  readonly owner: RecordedProcess
  readonly children: readonly RecordedProcess[]
}

/** This process's lock on a data folder; `run.json` lists its children there. */
export interface ChildRun extends Disposable {
  /** Processes that a killed earlier run had left running, ended by this start. */
  readonly ended: readonly string[]
  /** Call it right after the spawn, so that a kill -9 leaves no child unrecorded. */
  record(what: string, pid: number): void
  forget(pid: number): void
}

/**
 * Locks the data folder for this process, and ends what a killed predecessor left running there.
 * @throws StartupError when a living process holds the folder, or it is not writable.
 */
export async function takeFolder(folder: string): Promise<ChildRun> {
  const path = join(folder, 'run.json')
  makeFolder(folder)
  const before = readRunFile(path)
  if (before !== undefined && isAlive(before.owner)) {
    const remedy = 'stop it there with Ctrl-C, or give this one another folder by DATA_DIR'
    throw new StartupError(`tenant-router already runs on ${folder} (process ${before.owner.pid}): ${remedy}.`)
  }
  const left = (before?.children ?? []).filter(isAlive)
  await Promise.all(left.map(end))

  const owner = { pid: process.pid, startedAt: startOf(process.pid) ?? '', what: 'tenant-router' }
  let children: readonly RecordedProcess[] = []
  const write = () => {
    try {
      writeFileSync(`${path}.new`, JSON.stringify({ owner, children } satisfies RunFile))
      renameSync(`${path}.new`, path)
    } catch (error) {
      throw new StartupError(unwritable(folder, error), { cause: error })
    }
  }
  write()
  return {
    ended: left.map((child) => child.what),
    record(what, pid) {
      const startedAt = startOf(pid)
      if (startedAt === undefined) return
      children = [...children, { pid, startedAt, what }]
      write()
    },
    forget(pid) {
      children = children.filter((child) => child.pid !== pid)
      try {
        write()
      } catch {
        // A full disk: the next start finds a process that is gone, and passes it over.
      }
    },
    [Symbol.dispose]: () => rmSync(path, { force: true }),
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    const probe = join(folder, `.writable-${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (error) {
    throw new StartupError(unwritable(folder, error), { cause: error })
  }
}

function unwritable(folder: string, error: unknown): string {
  const why = (error as NodeJS.ErrnoException).code ?? String(error)
  const remedy =
    why === 'ENOSPC' || why === 'EDQUOT' ? 'its disk is full: free some space' : 'give this user the right to'
  return `The data folder ${folder} cannot be written (${why}): ${remedy}, or name another folder by DATA_DIR.`
}

function readRunFile(path: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // none, or half written by a full disk: there is nothing to learn from it
  }
}

function isAlive(recorded: RecordedProcess): boolean {
  return startOf(recorded.pid) === recorded.startedAt
}

/** SIGINT is Postgres's fast shutdown; a child that ignores it for 10 s is killed. */
async function end(child: RecordedProcess): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 10_000],
    ['SIGKILL', 5000],
  ] as const) {
    if (!isAlive(child)) return
    process.kill(child.pid, signal)
    for (let waitedMs = 0; waitedMs < waitMs && isAlive(child); waitedMs += 20) await sleep(20)
  }
  if (isAlive(child))
    throw new StartupError(`Process ${child.pid} (${child.what}) of an earlier run does not end: end it by hand.`)
}
