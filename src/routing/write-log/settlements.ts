import type { Settlement } from './write-journal.ts'
import type { WriteOutcome } from './write-outcome.ts'

/** What `send` did. */
export interface Sent {
  /** The store's sequence number of the write. */
  readonly lsn?: number
  /** An attempt of it got no answer and may still land. */
  readonly doubtful?: true
  /** Records that had no room for the stamp: their rows are proven by the sequence number or by time. */
  readonly unstamped?: readonly string[]
  /** Records that were looked at and left alone, and the sequence number up to which the look is proven. */
  readonly left?: { readonly ids: readonly string[]; readonly lsn?: number }
}

/** What becomes of the rows of a write: each of its records has one, and not all may end alike. */
export function* settlements(
  seqs: ReadonlyMap<string, number>,
  outcome: WriteOutcome,
  { lsn, left, unstamped = [] }: Sent,
  storeInDoubtMs: number,
): Iterable<readonly [ReadonlyMap<string, number>, Settlement]> {
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
