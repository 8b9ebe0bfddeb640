import type { parseArgs } from 'node:util'
import type { Faults } from './faults/fault-settings.ts'

export const usage = `pinecone-local: a Pinecone-compatible server for development and tests

  npm run pinecone-local -- --port 5081 --data DIR

  --data DIR           folder that keeps everything (required)
  --port N             5081; 0 takes any free port
  --host ADDRESS       127.0.0.1
  --api-key KEY        the one Api-Key that is taken (any)
  --lag-ms N           how long an answered write stays invisible (0)
  --latency-ms N       from a request's arrival to its answer (0)
  --index-ready-ms N   how long a new index is Initializing (0)
  --index-limit N      indexes the project may have (20)
  --namespace-limit N  namespaces an index may have (100000)
  --help

Faults can be changed while it runs: GET and PUT /_local/faults.`

export class UsageError extends Error {
  override name = 'UsageError'
}

export interface CliOptions {
  readonly port: number
  readonly host: string
  readonly apiKey?: string
  readonly dataDir: string
  readonly faults: Partial<Faults>
}

const faultFlags = {
  'lag-ms': 'lagMs',
  'latency-ms': 'latencyMs',
  'index-ready-ms': 'indexReadyMs',
  'index-limit': 'indexLimit',
  'namespace-limit': 'namespaceLimit',
} as const

/** @throws UsageError that names the fault. */
export function optionsFrom(args: readonly string[], parse: typeof parseArgs): CliOptions | 'help' {
  const values = read(args, parse)
  if (values.help === true) return 'help'
  const dataDir = values.data
  if (typeof dataDir !== 'string' || dataDir === '') throw new UsageError('--data DIR is required. See --help.')
  const faults: Partial<Record<(typeof faultFlags)[keyof typeof faultFlags], number>> = {}
  for (const [flag, name] of Object.entries(faultFlags)) {
    const value = values[flag]
    if (value !== undefined) faults[name] = wholeNumber(flag, value)
  }
  return {
    port: wholeNumber('port', values.port ?? '5081', 65_535),
    host: typeof values.host === 'string' ? values.host : '127.0.0.1',
    ...apiKeyOf(values['api-key']),
    dataDir,
    faults,
  }
}

function read(args: readonly string[], parse: typeof parseArgs): Record<string, string | boolean | undefined> {
  const text = { type: 'string' } as const
  const flags = Object.fromEntries(Object.keys(faultFlags).map((flag) => [flag, text]))
  try {
    const { values } = parse({
      args: [...args],
      options: { help: { type: 'boolean' }, port: text, host: text, data: text, 'api-key': text, ...flags },
    })
    return values as Record<string, string | boolean | undefined>
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}. See --help.`)
  }
}

function apiKeyOf(value: string | boolean | undefined): { readonly apiKey?: string } {
  if (typeof value !== 'string') return {}
  if (value === '') throw new UsageError('--api-key must not be empty.')
  return { apiKey: value }
}

function wholeNumber(flag: string, value: string | boolean, max = Number.MAX_SAFE_INTEGER): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (Number.isNaN(number) || number > max) throw new UsageError(`--${flag} must be a whole number, got ${value}.`)
  return number
}
