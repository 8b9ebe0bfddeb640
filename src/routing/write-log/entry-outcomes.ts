import type { EntryOutcome } from './change-log.ts'
import type { WriteOutcome } from './write-outcome.ts'

/** The result of `send`. */
export interface Sent {
  /** The store's sequence number of the write. */
  readonly lsn?: number
  /** Set when an attempt got no answer and may still land. */
  readonly doubtful?: true
  /** Records without space for the stamp: sequence number or time proves their rows. */
  readonly unstamped?: readonly string[]
  /** Records that were inspected and left alone, and the sequence number that the inspection covers. */
  readonly left?: { readonly ids: readonly string[]; readonly lsn?: number }
}

/** The final state of each row of a write: one per record, and not all need to end alike. */
export function* entryOutcomes(
  seqs: ReadonlyMap<string, number>,
  outcome: WriteOutcome,
  { lsn, left, unstamped = [] }: Sent,
  storeInDoubtMs: number,
): Iterable<readonly [ReadonlyMap<string, number>, EntryOutcome]> {
  const rest = new Map(seqs)
  const take = (ids: readonly string[]) => {
    const some = new Map([...rest].filter(([id]) => ids.includes(id)))
    for (const id of some.keys()) rest.delete(id)
    return some
  }
  if (left !== undefined) yield [take(left.ids), { kind: 'refused', lsn: left.lsn }]
  if (outcome.kind === 'inDoubt') yield [rest, { kind: 'in_doubt', mayLandMs: storeInDoubtMs }]
  else if (outcome.kind === 'untouched') yield [rest, { kind: 'refused' }]
  else {
    yield [take(unstamped), { kind: 'done', lsn, isStamped: false }]
    yield [rest, { kind: 'done', lsn, isStamped: true }]
  }
}
