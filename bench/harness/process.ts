import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface BenchProcess extends AsyncDisposable {
  readonly pid: number
  /** Waits until `url` answers 200. @throws Error after `limitMs`, or when the process ends first. */
  ready(url: string, limitMs: number, everyMs?: number): Promise<void>
  /** Waits until the process has printed `text`. @throws Error as `ready` does. */
  says(text: string, limitMs: number): Promise<void>
  /** Sends a request over the process channel and waits for its answer; one at a time. */
  ask(question: unknown): Promise<unknown>
}

interface BenchProcessOptions {
  /** Relative to `bench/`. */
  readonly file: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Pins the process where Linux can: `server` gets the first core to itself, `rest` the others. */
  readonly core?: 'server' | 'rest'
  readonly nodeArgs?: readonly string[]
}

const taskset = ['/usr/bin/taskset', '/bin/taskset'].find(existsSync)

/** Whether server and load have cores of their own. */
export const pinned = process.platform === 'linux' && taskset !== undefined && availableParallelism() > 1

/** Starts a part of a benchmark in a separate process, with only `env` as its environment. */
export function startProcess(options: BenchProcessOptions): BenchProcess {
  const node = [process.execPath, ...(options.nodeArgs ?? []), fileURLToPath(new URL(options.file, benchFolder))]
  const cores = options.core === 'server' ? '0' : `1-${availableParallelism() - 1}`
  const [command = '', ...args] =
    pinned && taskset !== undefined && options.core !== undefined ? [taskset, '-c', cores, ...node] : node
  const child = spawn(command, [...args, ...(options.args ?? [])], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      printed = `${printed}${chunk}`.slice(-20_000)
    })
  }
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${options.file} ended with ${signal ?? code}:\n${printed}`)
  })
  ended.catch(() => undefined)
  return {
    pid: child.pid ?? -1,
    async ready(url, limitMs, everyMs = 20) {
      await Promise.race([waitForOk(url, limitMs, everyMs), ended])
    },
    async says(text, limitMs) {
      const said = async () => {
        const until = performance.now() + limitMs
        while (!printed.includes(text)) {
          if (performance.now() > until) throw new Error(`"${text}" was not printed within ${limitMs} ms:\n${printed}`)
          await sleep(10)
        }
      }
      await Promise.race([said(), ended])
    },
    async ask(question) {
      const answer = once(child, 'message')
      // A channel that is closed says nothing by itself; how the process ended is what a reader needs.
      child.send(question as Parameters<ChildProcess['send']>[0], () => undefined)
      const [message] = await Promise.race([answer, ended])
      if (typeof message === 'object' && message !== null && 'error' in message) throw new Error(String(message.error))
      return message
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 40_000)
      await once(child, 'exit')
      clearTimeout(killer)
    },
  }
}

const benchFolder = new URL('..', import.meta.url)

/** The child's side of `ask`: answers each question, and reports failures. */
export function answerQuestions(answer: (question: unknown) => Promise<unknown>): void {
  process.on('message', (question) => {
    answer(question).then(
      (value) => process.send?.(value),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
    )
  })
}

async function waitForOk(url: string, limitMs: number, everyMs: number): Promise<void> {
  const until = performance.now() + limitMs
  let last: unknown
  while (performance.now() < until) {
    try {
      const response = await fetch(url)
      await response.arrayBuffer()
      if (response.ok) return
      last = response.status
    } catch (error) {
      last = error
    }
    await sleep(everyMs)
  }
  throw new Error(`${url} was not ready within ${limitMs} ms: ${last}`)
}
