import { type Canary, ownIds } from './canary.ts'
import type { Ask } from './probed-route.ts'

/** An answer of the deployment. */
export interface ProbeAnswer {
  readonly status: number
  readonly text: string
  /** A line each. */
  readonly headers: string
}

/** A tenant that was reached, and how. */
export interface Reached {
  /** A canary's id, or empty: the answer does not tell whose it is. */
  readonly tenant: string
  readonly words: string
}

/**
 * Finds what an answer holds that is not its asker's: texts and names of other canaries, text that is hidden from the key's
 * groups, and ids that no record or document of the asker has, so those of any customer.
 * @param isInsider the canary's key that sees the hidden texts asked.
 */
export function foreignIn(
  { text: body, headers }: ProbeAnswer,
  by: Canary,
  all: readonly Canary[],
  { namesOther, writesAnyId }: Ask,
  isInsider: boolean,
): readonly Reached[] {
  const found: Reached[] = []
  const text = headers + body
  for (const other of all) {
    if (other.tenantId === by.tenantId) continue
    const { tenantId: tenant } = other
    if (text.includes(other.secret)) found.push({ tenant, words: 'The answer holds its text.' })
    else if (text.includes(other.hidden)) found.push({ tenant, words: 'The answer holds its hidden text.' })
    else if (!namesOther && [other.handle, other.placement.namespace, tenant].some((name) => text.includes(name)))
      found.push({ tenant, words: 'The answer holds its id, a name of its place or ids of its records.' })
  }
  if (!isInsider && text.includes(by.hidden))
    found.push({ tenant: by.tenantId, words: 'The answer holds text that is hidden from the groups of the key.' })
  if (writesAnyId) return found
  const own = ownIds(by)
  const strange = documentsIn(body).flatMap((json) => [...idsIn(json)].filter((id) => !own.has(id)))
  if (strange.length > 0 && found.length === 0) {
    const words = `The answer holds ${strange.length} id(s) that are none of the asker’s records and documents.`
    found.push({ tenant: '', words })
  }
  return found
}

/** Whether the answer shows the asker's own text. */
export function showsOwn({ status, text }: ProbeAnswer, by: Canary): boolean {
  return status === 200 && text.includes(by.secret)
}

/** The JSON of an answer: one document, or one an event. */
function documentsIn(text: string): readonly unknown[] {
  const whole = parsed(text)
  if (whole !== undefined) return [whole]
  return text
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => parsed(line.slice('data:'.length)))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Ids of records and documents anywhere in a document: fields `id` and `documentId`, and the keys of `vectors`. */
function* idsIn(json: unknown): Generator<string> {
  if (Array.isArray(json)) {
    for (const item of json) yield* idsIn(item)
    return
  }
  if (typeof json !== 'object' || json === null) return
  for (const [field, value] of Object.entries(json)) {
    if ((field === 'id' || field === 'documentId') && typeof value === 'string') yield value
    if (field === 'vectors' && typeof value === 'object' && value !== null && !Array.isArray(value))
      yield* Object.keys(value)
    yield* idsIn(value)
  }
}
