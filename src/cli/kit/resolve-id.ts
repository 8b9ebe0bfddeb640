import type { AdminApi } from './admin-api.ts'
import { isWholeId, shortIds } from './cell.ts'
import { CliError } from './exit-code.ts'
import { listAll } from './list-all.ts'
import { printable } from './printable.ts'

type Item = Readonly<Record<string, unknown>>

interface IdKind {
  readonly noun: string
  readonly path: string
  /** The verb that lists them. */
  readonly list: string
  readonly words: (item: Item) => string
}

const kinds = {
  move: {
    noun: 'move',
    path: '/moves',
    list: 'moves list',
    words: (one) => `${one.kind} of ${one.tenantId}, ${one.state}`,
  },
  approval: {
    noun: 'request',
    path: '/approvals',
    list: 'approvals list --all',
    words: (one) => `${one.verb} of ${one.subject}, ${one.status}`,
  },
  import: { noun: 'import', path: '/imports', list: 'imports list', words: (one) => `${one.file ?? ''}, ${one.state}` },
  notice: {
    noun: 'event',
    path: '/notices',
    list: 'notices list',
    words: (one) => `${one.type} of ${one.tenantId}`,
  },
  run: {
    noun: 'run',
    path: '/isolation/runs',
    list: 'prove-isolation list',
    words: (one) => `${one.state}, ${one.createdAt}`,
  },
} as const satisfies Record<string, IdKind>

/** Ids looked through, the newest first. */
const lookedThrough = 1_000
const fewest = 4
/** This many digits name one of thousands, so older ids need not be looked at. */
const enough = 8

/**
 * The whole id of what somebody typed: an id, or the beginning of one, as tables show it.
 * @throws CliError `refused` when there is none; `usage` when there are several, with each of them
 */
export async function resolveId(api: AdminApi, kind: keyof typeof kinds, typed: string): Promise<string> {
  // Anything else goes to the server, which says what is wrong with it.
  if (isWholeId(typed) || !/^([a-z]+_)?[\da-f-]+$/i.test(typed)) return typed
  const { path, noun, list, words }: IdKind = kinds[kind]
  return resolveAmong(typed, { noun, list, words }, () => listAll<Item>(api, path, {}, lookedThrough))
}

/** The whole id of a tenant's key. @throws CliError as `resolveId` does */
export async function resolveKeyId(api: AdminApi, tenant: string, typed: string): Promise<string> {
  if (/^[\da-f]{16}$/i.test(typed) || !/^[\da-f]+$/i.test(typed)) return typed
  const what = { noun: 'key', list: `keys list --tenant ${tenant}`, words: (one: Item) => `${one.name}, ${one.state}` }
  const path = `/tenants/${encodeURIComponent(tenant)}/keys`
  return resolveAmong(typed, what, () => api.send<{ items: readonly Item[] }>({ method: 'GET', path }))
}

async function resolveAmong(
  typed: string,
  { noun, list, words }: Omit<IdKind, 'path'>,
  read: () => Promise<{ readonly items: readonly Item[]; readonly nextCursor?: string | null }>,
): Promise<string> {
  const digits = typed.replace(/^[a-z]+_/i, '').length
  if (digits < fewest)
    throw new CliError('usage', `${typed} is too short: give ${fewest} characters of the id or more.`)
  const { items, nextCursor } = await read()
  const found = items.filter(({ id }) => String(id).startsWith(typed.toLowerCase()))
  const [first, ...others] = found
  if (first === undefined) {
    const among = nextCursor ? ` among the latest ${items.length}` : ''
    throw new CliError('refused', `No ${noun}${among} has an id that begins with ${typed}: tenant-router ${list}`)
  }
  if (others.length > 0) {
    const short = shortIds(found.map(({ id }) => String(id)))
    const lines = found.slice(0, 10).map((one) => `  ${short(String(one.id))}  ${printable(words(one))}`)
    const more = found.length > 10 ? [`  and ${found.length - 10} more`] : []
    throw new CliError('usage', [`${typed} is the beginning of ${found.length} ids:`, ...lines, ...more].join('\n'))
  }
  if (nextCursor && digits < enough) {
    throw new CliError('usage', `${typed} may be the beginning of older ids too: give ${enough} characters or more.`)
  }
  return String(first.id)
}
