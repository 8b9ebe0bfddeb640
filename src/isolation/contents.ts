import { setTimeout as sleep } from 'node:timers/promises'
import { canonicalJson } from '../canonical-json.ts'
import type { Asker } from './probe/asker.ts'
import { type Canary, canaryDocuments, canaryRecordIds, canaryRecords } from './probe/canary.ts'
import type { Exceptions } from './probe/exceptions.ts'

/** Everything that a canary has, as its insider sees it: `record …` and `document …` by id, each as canonical JSON. */
export type Contents = ReadonlyMap<string, string>

/** Removes what the canary has. */
export async function wipe(asker: Asker, canary: Canary): Promise<void> {
  await asker.need('POST /vectors/delete', { body: { deleteAll: true } }, canary)
}

/** Writes what the canary has at rest, through the front door. */
export async function seed(asker: Asker, canary: Canary): Promise<void> {
  await asker.need('POST /vectors/upsert', { body: { vectors: canaryRecords(canary) } }, canary)
  for (const { documentId, text, metadata } of canaryDocuments(canary)) {
    const ask = { params: { documentId }, body: { text, metadata } }
    await asker.need('PUT /documents/{documentId}', ask, canary)
  }
}

const pageMax = 100

export async function readContents(asker: Asker, canary: Canary): Promise<Contents> {
  const contents = new Map<string, string>()
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const query = { limit: `${pageMax}`, ...(token !== undefined && { paginationToken: token }) }
    const page = JSON.parse(await asker.need('GET /vectors/list (Api-Key)', { query }, canary, 'insider')) as IdPage
    const ids = page.vectors.map(({ id }) => id)
    if (ids.length > 0) {
      const fetched = JSON.parse(
        await asker.need('POST /vectors/fetch', { body: { ids } }, canary, 'insider'),
      ) as Fetched
      for (const id of ids) contents.set(`record ${id}`, canonicalJson(fetched.vectors[id] ?? null))
    }
    token = page.pagination?.next
  }
  for (const document of await readDocuments(asker, canary))
    contents.set(`document ${document.documentId}`, canonicalJson(document))
  return contents
}

interface IdPage {
  readonly vectors: readonly { readonly id: string }[]
  readonly pagination?: { readonly next?: string }
}

interface Fetched {
  readonly vectors: Readonly<Record<string, unknown>>
}

interface ListedDocument {
  readonly documentId: string
  readonly status: string
}

async function readDocuments(asker: Asker, canary: Canary): Promise<readonly ListedDocument[]> {
  const query = { limit: `${pageMax}` }
  const page = JSON.parse(await asker.need('GET /documents', { query }, canary, 'insider'))
  return (page as { readonly items: readonly ListedDocument[] }).items
}

const pollMs = 200

/** Waits until no upload of the canary is on its way. @returns whether that was so within the time. */
export async function uploadsEnded(asker: Asker, canary: Canary, limitMs: number): Promise<boolean> {
  return within(asker, limitMs, async () =>
    (await readDocuments(asker, canary)).every(({ status }) => !['queued', 'processing'].includes(status)),
  )
}

/**
 * Waits until the canary is shown exactly what it has at rest, and notes what else it is shown.
 * @returns what it has then.
 */
export async function settle(asker: Asker, exceptions: Exceptions, canary: Canary, limitMs: number): Promise<Contents> {
  const wanted = new Map<string, string>([
    ...canaryRecordIds(canary).map((id) => [`record ${id}`, id] as const),
    ...canaryDocuments(canary).map(({ documentId }) => [`document ${documentId}`, documentId] as const),
  ])
  const isOwn = (text: string | undefined) =>
    text !== undefined && (text.includes(canary.secret) || text.includes(canary.hidden))
  let contents: Contents = new Map()
  const isSettled = await within(asker, limitMs, async () => {
    contents = await readContents(asker, canary)
    return contents.size === wanted.size && [...wanted.keys()].every((name) => isOwn(contents.get(name)))
  })
  if (isSettled) return contents
  const strange = [...contents].filter(([name, text]) => !wanted.has(name) || (text !== 'null' && !isOwn(text)))
  if (strange.length > 0) {
    const words = `It is shown what it did not write: ${listed(strange.map(([name]) => name))}.`
    exceptions.add('foreign write', { asker: '', reached: canary.tenantId, words })
  } else {
    const missing = [...wanted.keys()].filter((name) => !isOwn(contents.get(name)))
    const words = `It is not shown all that it wrote within ${Math.ceil(limitMs / 1000)} s: ${listed(missing)}.`
    exceptions.add('unproven', { asker: canary.tenantId, words })
  }
  return contents
}

/** Names of what differs between two looks at a canary that wrote nothing; empty: nothing did. */
export function differences(before: Contents, after: Contents): string {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name))
  return listed(names)
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

async function within(asker: Asker, limitMs: number, isDone: () => Promise<boolean>): Promise<boolean> {
  const endMs = performance.now() + limitMs
  for (;;) {
    if (await isDone()) return true
    if (performance.now() >= endMs) return false
    await sleep(pollMs, undefined, { signal: asker.signal })
  }
}
