import type { PlaceWatch } from '../../../registry/watch/place-watch.ts'

/** A look at a place's namespace. */
export interface Look {
  readonly atMs: number
  /** The highest sequence number that a read shows; undefined where the store sends none. */
  readonly lsn: number | undefined
  readonly records: number
}

export interface JudgedLook {
  readonly watch: PlaceWatch
  /** Whether somebody else seems to have written since the last look. */
  readonly isSuspicious: boolean
}

/**
 * Judges a look against the one before and the writes that replicas reported. A number above all of them waits for
 * `reportMs`, in which a slower replica may still report its write; the vendor promises that numbers rise, not that they
 * are contiguous, so it is a suspicion and no proof. Where the store sends no numbers, a count that changed without any
 * write of ours is one.
 */
export function judgeLook(placeId: number, before: PlaceWatch | undefined, look: Look, reportMs: number): JudgedLook {
  const base = before ?? { ...blank, placeId }
  const seen = { ...base, seenLsn: look.lsn ?? null, seenRecords: look.records, pendingLsn: null, pendingAt: null }
  const calm = { watch: seen, isSuspicious: false }
  if (base.seenAt === null || base.isUnsure) return calm
  const suspicion = { watch: { ...seen, suspicions: base.suspicions + 1 }, isSuspicious: true }
  if (look.lsn === undefined) {
    const wroteSince = base.ownAt !== null && base.ownAt.getTime() >= base.seenAt.getTime() - reportMs
    return look.records === base.seenRecords || wroteSince ? calm : suspicion
  }
  if (look.lsn <= Math.max(base.ownLsn ?? -1, base.seenLsn ?? -1)) return calm
  const { pendingLsn, pendingAt } = base
  const isExplained = pendingLsn !== null && pendingLsn <= (base.ownLsn ?? -1)
  if (pendingLsn === null || pendingAt === null || isExplained) {
    const pending = { pendingLsn: look.lsn, pendingAt: new Date(look.atMs) }
    return { watch: { ...seen, seenLsn: base.seenLsn, ...pending }, isSuspicious: false }
  }
  if (look.atMs - pendingAt.getTime() < reportMs) {
    return { watch: { ...seen, seenLsn: base.seenLsn, pendingLsn, pendingAt }, isSuspicious: false }
  }
  return suspicion
}

const blank: Omit<PlaceWatch, 'placeId'> = {
  ownLsn: null,
  ownAt: null,
  isUnsure: false,
  seenLsn: null,
  seenRecords: null,
  seenAt: null,
  pendingLsn: null,
  pendingAt: null,
  suspicions: 0,
}
