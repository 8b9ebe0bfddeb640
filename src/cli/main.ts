import { CommanderError } from 'commander'
import { readClientSettings, readDevelopmentSettings, readProgramName } from '../config/config.ts'
import { ConfigError } from '../config/setting-reader.ts'
import type { AdminApi } from './kit/admin-api.ts'
import { asCalled } from './kit/as-called.ts'
import type { Context } from './kit/context.ts'
import { CliError, exitCodes } from './kit/exit-code.ts'
import { openApi } from './kit/open-api.ts'
import { printableLines } from './kit/printable.ts'
import { cut, wrapped } from './kit/table.ts'
import { program } from './program.ts'

/** Two signals within this time are one: npm and `bin.js` pass on what a terminal has sent to this process too. */
const sameInterruptionMs = 1_000
const interruption = new AbortController()
let interruptedAtMs: number | undefined
process.on('SIGINT', () => {
  // A command that can be interrupted in order listens to the signal; the second time nobody is waited for.
  if (interruptedAtMs !== undefined && performance.now() - interruptedAtMs > sameInterruptionMs)
    process.exit(exitCodes.interrupted)
  interruptedAtMs ??= performance.now()
  interruption.abort()
})

// `tenant-router … | head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed),
)

/** Below it nothing can be shown side by side. */
const narrowest = 40

let hasStatus = false
function clearStatus(): void {
  if (hasStatus) process.stdout.write('\r\u001b[K')
  hasStatus = false
}

const calledAs = readProgramName()
const world: Omit<Context, 'api'> = {
  development: readDevelopmentSettings(),
  write(line) {
    clearStatus()
    process.stdout.write(`${printableLines(world.asCalled(line))}\n`)
  },
  writeJson: (document, indent) => process.stdout.write(`${printableLines(JSON.stringify(document, null, indent))}\n`),
  writeAsIs: (text) => process.stdout.write(text),
  remark(line) {
    clearStatus()
    const text = printableLines(world.asCalled(line))
    const lines = process.stderr.isTTY ? text.split('\n').flatMap(fitted) : [text]
    process.stderr.write(`${lines.join('\n')}\n`)
  },
  status(line) {
    const columns = world.columns()
    if (columns === undefined) return
    clearStatus()
    // A full line would wrap, and its first half stay.
    process.stdout.write(cut(printableLines(world.asCalled(line)), columns - 1))
    hasStatus = line !== ''
  },
  asCalled: (text) => asCalled(text, calledAs, verbs),
  watched: process.stdout.isTTY === true,
  columns: () => (process.stdout.isTTY ? Math.max(narrowest, process.stdout.columns || 80) : undefined),
  interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  interrupted: interruption.signal,
}
/** A line with a command stays whole, to be pasted. */
function fitted(line: string): readonly string[] {
  return line.includes(` ${calledAs} `)
    ? [line]
    : wrapped(line, '', '', Math.max(narrowest, process.stderr.columns || 80))
}

let api: Promise<AdminApi> | undefined
const context: Context = {
  ...world,
  api() {
    api ??= openApi(readClientSettings(), world)
    return api
  },
}

const root = program(context)
const verbs = root.commands.map((command) => command.name())
try {
  await root.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  // Commander has printed its own sentence; --help and --version end this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  if (error instanceof CliError) {
    context.remark(error.message)
    return error.exitCode
  }
  if (interruption.signal.aborted) {
    context.remark('Interrupted.')
    return exitCodes.interrupted
  }
  context.remark(error instanceof ConfigError ? error.message : `tenant-router: ${describe(error)}`)
  return error instanceof ConfigError ? exitCodes.usage : exitCodes.failed
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.message === '' ? error.name : error.message) : String(error)
}
