import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../support/child-env.ts'

export interface CliRun {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Runs the command line as a process of its own, with nobody at a terminal. */
export function startCli(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...childEnv(), DATA_DIR: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return {
    child,
    ended: ended.then(([out, err, [code]]): CliRun => ({ code, out, err })),
  }
}

export function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  return startCli(args, env).ended
}
