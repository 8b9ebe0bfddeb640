import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../support/child-env.ts'

export interface TerminalRun {
  readonly code: number | null
  /** All that went to the terminal, in order, lines ended by \n. */
  readonly raw: string
  /** Lines that are left to be read when it has ended: a line of progress gives way to what comes after it. */
  readonly lines: readonly string[]
}

export interface TerminalOptions {
  readonly columns?: number
}

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Runs the command line at a pseudo-terminal, by script(1); `press` types, as in `\u0003` for Ctrl-C. */
export function startInTerminal(
  args: readonly string[],
  env: Record<string, string> = {},
  { columns = 80 }: TerminalOptions = {},
) {
  const command = [process.execPath, program, ...args].map(quoted).join(' ')
  return startTerminal(`stty cols ${columns} rows 40; exec ${command}`, { DATA_DIR: '/nonexistent', ...env })
}

/** Runs lines of a shell at a pseudo-terminal. */
export function startTerminal(lines: string, env: Record<string, string> = {}) {
  const isLinux = process.platform === 'linux'
  const script = isLinux ? ['-qec', lines, '/dev/null'] : ['-q', '/dev/null', 'sh', '-c', lines]
  const child = spawn('script', script, {
    env: { ...childEnv(), SHELL: '/bin/sh', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let raw = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text.replaceAll('\r\n', '\n')
    for (const look of waiting) look()
  })
  const ended = once(child, 'close').then(([code]): TerminalRun => ({ code, raw, lines: readable(raw) }))
  return {
    press: (keys: string) => void child.stdin.write(keys),
    /** Resolves when the terminal has shown a text. */
    shown: (text: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (raw.includes(text)) resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`it ended before it showed "${text}":\n${raw}`)))
      }),
    ended,
    child,
  }
}

export function runInTerminal(
  args: readonly string[],
  env: Record<string, string> = {},
  options: TerminalOptions = {},
): Promise<TerminalRun> {
  return startInTerminal(args, env, options).ended
}

function readable(raw: string): readonly string[] {
  const lines = raw.split('\n').map((line) => line.split('\r\u001b[K').at(-1) ?? '')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
