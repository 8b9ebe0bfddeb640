import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../support/child-env.ts'

/** The names of a development issuer for a service that runs as a process of its own. */
export const issuer = {
  issuer: 'https://id.example.com/',
  audience: 'tenant-router',
  tenantClaim: 'tenant_id',
  groupsClaim: 'groups',
  rolesClaim: 'roles',
}

export interface Entry extends AsyncDisposable {
  readonly child: ChildProcess
  /** All that it has printed so far. */
  readonly printed: () => string
  /** Resolves when `text` is printed. @throws Error with what was printed when it ends before. */
  until(text: string): Promise<void>
  readonly ended: Promise<number | null>
}

/** Starts an entry of the service as a process of its own, as npm does. */
export function startEntry(path: string, env: Readonly<Record<string, string>>): Entry {
  return startProgram(process.execPath, [fileURLToPath(new URL(`../../src/${path}`, import.meta.url))], env)
}

/** Starts a script of package.json through npm; `child` is npm itself. */
export function startScript(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Entry {
  return startProgram('npm', ['run', '--silent', name, '--', ...args], env)
}

/**
 * Starts any program in the project's folder, with no more of the environment than `PATH` and what is given; `input` is
 * what it reads.
 */
export function startProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string,
): Entry {
  const child = spawn(command, args, {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    // A machine that many tests share is late, and no replica is overloaded by that.
    env: { ...childEnv(), SHED_LOOP_DELAY_MS: '0', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  let printed = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      for (const look of waiting) look()
    })
  }
  const ended = once(child, 'exit').then(([code]): number | null => code)
  return {
    child,
    printed: () => printed,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (printed.includes(text)) resolve()
        }
        waiting.add(look)
        look()
        void ended.then((code) => reject(new Error(`ended with ${code} before it printed "${text}":\n${printed}`)))
      }),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
      await ended
    },
  }
}
