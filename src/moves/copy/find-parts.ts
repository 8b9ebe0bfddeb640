import { allLimited } from '../../concurrency/each-limited.ts'
import { isAppError } from '../../errors.ts'
import type { TenantStore } from '../../stores/store.ts'
import type { CopyPart } from '../state/copy-part.ts'

/**
 * Ids are ASCII (docs: identifier limits), and the vendor takes no prefix with a space: these follow a prefix. Control
 * characters, DEL among them, are no part of an id that the router takes.
 */
const [firstProbed, lastProbed] = [0x21, 0x7e]
const probesAtOnce = 16
/** Each character that all ids share costs one listing for each that might follow: 4,000 take 22 s at the move's pace. */
const probesAtMost = 4_000

/**
 * Splits a place into parts that together hold every id of it, until there are `atLeast` or each fits one page. Nothing
 * is assumed of the ids: which characters follow a prefix is asked of the listing, one by one. Ids written later may be
 * in no part; the change log has them (docs/moves.md, "Lanes").
 * @returns the parts, those that may be the largest first.
 */
export async function findParts(
  from: TenantStore,
  { atLeast, pageIds, signal }: { readonly atLeast: number; readonly pageIds: number; readonly signal: AbortSignal },
): Promise<readonly CopyPart[]> {
  const whole: CopyPart[] = []
  const open = ['']
  let probes = 0
  for (let prefix = open.shift(); prefix !== undefined; prefix = open.shift()) {
    const split = await unlessRefused(splitAt(from, prefix, pageIds, signal))
    probes += split?.probes ?? 0
    if (split === undefined) whole.push({ prefix })
    else {
      if (split.hasOwn) whole.push({ prefix, isOneId: true })
      open.push(...split.prefixes)
    }
    if (whole.length + open.length >= atLeast || probes >= probesAtMost) break
  }
  return [...open.map((prefix) => ({ prefix })), ...whole]
}

/** A prefix that the store refuses is no fault of the place: what can't be asked stays whole. */
async function unlessRefused<T>(splitting: Promise<T>): Promise<T | undefined> {
  return splitting.catch((fault) => {
    if (!isAppError(fault, 'invalid_request')) throw fault
    return undefined
  })
}

/** @returns undefined where the ids of the prefix fit one page, or can't be split. */
async function splitAt(
  from: TenantStore,
  prefix: string,
  pageIds: number,
  signal: AbortSignal,
): Promise<{ readonly prefixes: readonly string[]; readonly hasOwn: boolean; readonly probes: number } | undefined> {
  // Two at least: the first may be the prefix itself.
  const limit = Math.max(2, pageIds)
  const page = await from.list({ ...(prefix !== '' && { prefix }), limit }, { signal })
  if (page.nextCursor === undefined) return undefined
  // In byte order the prefix itself comes first, and then what no probe could find: spaces and control characters.
  const below = page.ids.filter((id) => id !== prefix).map((id) => id.charCodeAt(prefix.length))
  const [first, last] = [below.at(0), below.at(-1)]
  if (first === undefined || last === undefined || first < firstProbed || last > lastProbed) return undefined
  // The page shows each character up to its last one; whether others follow is asked.
  const found = new Set(below)
  const probed = Array.from({ length: lastProbed - last }, (_, at) => last + 1 + at)
  await allLimited(probed, probesAtOnce, async (code) => {
    const probe = { prefix: prefix + String.fromCharCode(code), limit: 1 }
    const { ids, nextCursor } = await from.list(probe, { signal })
    if (ids.length > 0 || nextCursor !== undefined) found.add(code)
  })
  const prefixes = [...found].toSorted((a, b) => a - b).map((code) => prefix + String.fromCharCode(code))
  return { prefixes, hasOwn: page.ids.includes(prefix), probes: probed.length }
}
