import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { ChainedEntry, Checkpoint } from '../../../evidence/audit-chain.ts'
import type { PublicKey } from '../../../evidence/signing-key.ts'
import type { AdminApi } from '../../kit/admin-api.ts'
import { CliError } from '../../kit/exit-code.ts'
import type { ApiPage } from '../../kit/list-all.ts'

/**
 * The audit as an export holds it, a JSON line each: first the public keys, then the checkpoints, then the rows, oldest
 * first.
 */
export type ExportLine =
  | { readonly kind: 'keys'; readonly keys: readonly PublicKey[] }
  | ({ readonly kind: 'checkpoint' } & Checkpoint)
  | ({ readonly kind: 'row' } & ChainedEntry)

const perPage = 1_000

/** The chain of the running service. */
export async function* linesOfService(api: AdminApi): AsyncGenerator<ExportLine> {
  const { keys } = await api.send<{ keys: readonly PublicKey[] }>({ method: 'GET', path: '/audit/state' })
  yield { kind: 'keys', keys }
  for await (const one of pages<Checkpoint>(api, '/audit/checkpoints')) yield { kind: 'checkpoint', ...one }
  for await (const one of pages<ChainedEntry>(api, '/audit/chain')) yield { kind: 'row', ...one }
}

async function* pages<T>(api: AdminApi, path: string): AsyncGenerator<T> {
  let cursor: string | null = null
  do {
    const search = new URLSearchParams({ limit: String(perPage), ...(cursor !== null && { cursor }) })
    const page: ApiPage<T> = await api.send<ApiPage<T>>({ method: 'GET', path: `${path}?${search}` })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** The chain of an export. @throws CliError `failed` when the file is none. */
export async function* linesOfFile(path: string): AsyncGenerator<ExportLine> {
  let at = 0
  let last: ExportLine['kind'] = 'keys'
  try {
    for await (const text of createInterface({ input: createReadStream(path) })) {
      at += 1
      const line = parse(text)
      const isFirst = at === 1
      if (line === undefined || isFirst !== (line.kind === 'keys') || (last === 'row' && line.kind !== 'row'))
        throw new CliError('failed', `${path} is not an export of the audit: see its line ${at}.`)
      last = line.kind
      yield line
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new CliError('failed', `${path} cannot be read (${code}).`, { cause: error })
  }
  if (at === 0) throw new CliError('failed', `${path} is empty.`)
}

function parse(text: string): ExportLine | undefined {
  try {
    const line: unknown = JSON.parse(text)
    if (typeof line !== 'object' || line === null || !('kind' in line)) return undefined
    if (line.kind === 'keys') return 'keys' in line && Array.isArray(line.keys) ? (line as ExportLine) : undefined
    const isPlaced = 'position' in line && typeof line.position === 'number' && 'hash' in line
    return isPlaced && (line.kind === 'row' || line.kind === 'checkpoint') ? (line as ExportLine) : undefined
  } catch {
    return undefined
  }
}
