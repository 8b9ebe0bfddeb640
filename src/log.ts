import { type DestinationStream, type Logger, pino } from 'pino'
import { describeError } from './telemetry/describe-error.ts'

/** Fields that are never logged, under any name: content, tokens, vectors and keys. */
const hidden = [
  'authorization',
  'token',
  'apiKey',
  'password',
  'text',
  'query',
  'question',
  'values',
  'vector',
  'filter',
]

/** Writes a line of another thread's logger to where this one writes. */
export function writeLine(log: Logger, line: string): void {
  const destination: DestinationStream = Reflect.get(log, pino.symbols.streamSym)
  destination.write(line)
}

/**
 * Logs JSON lines to stdout. The composition root hands loggers down; a request's logger carries its `requestId`.
 * @param destination another place for the lines, for tests.
 */
export function createLogger(
  options: { readonly level: string; readonly name?: string },
  destination?: DestinationStream,
): Logger {
  const settings = {
    level: options.level,
    base: { service: options.name ?? 'tenant-router' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    redact: { paths: hidden.flatMap((name) => [name, `*.${name}`, `headers.${name}`]), censor: '[hidden]' },
  }
  return destination === undefined ? pino(settings) : pino(settings, destination)
}
