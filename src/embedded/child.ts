import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { ChildRun } from './children.ts'
import { endWithThisProcess, hasEnded } from './last-resort.ts'

export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Its last lines of output, for the message when it fails to start. */
  readonly lastLines: () => string
  /** Resolves with how it ended; never rejects. */
  readonly exited: Promise<string>
  /** False once it was asked to stop: its end is then expected. */
  readonly expectedToRun: () => boolean
}

export interface ChildOptions {
  /** Its name in `run.json` and in messages. */
  readonly what: string
  readonly command: string
  readonly args: readonly string[]
  readonly spawn?: Pick<SpawnOptions, 'cwd' | 'uid' | 'gid'>
  readonly stopSignal: NodeJS.Signals
  readonly stopLimitMs?: number
  readonly onLine?: (line: string) => void
  readonly run?: ChildRun
}

/**
 * Starts a program that this process owns. It gets a process group of its own: a terminal sends Ctrl-C to the whole
 * group, and Postgres must not shut down before the service finishes its requests.
 */
export function startChild(options: ChildOptions): Child {
  const child = spawn(options.command, options.args, {
    ...options.spawn,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid !== undefined) options.run?.record(options.what, child.pid)
  let stopping = false
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > 20) lines.shift()
      options.onLine?.(line)
    })
  }
  endWithThisProcess(child, options.stopSignal)
  const exited = endOf(child).then((how) => {
    hasEnded(child)
    if (child.pid !== undefined) options.run?.forget(child.pid)
    return how
  })
  return {
    pid: child.pid ?? -1,
    lastLines: () => lines.slice(-5).join(' '),
    exited,
    expectedToRun: () => !stopping,
    async [Symbol.asyncDispose]() {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      const killer = setTimeout(() => child.kill('SIGKILL'), options.stopLimitMs ?? 10_000)
      child.kill(options.stopSignal)
      await exited
      clearTimeout(killer)
    },
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(child, 'exit')
    return signal === null ? `exit code ${code}` : `signal ${signal}`
  } catch (error) {
    return String(error) // it could not be spawned
  }
}
