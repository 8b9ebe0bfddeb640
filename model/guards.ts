// Every rule of docs/moves.md that the model can leave out, and the rule in words. A run with one of them out is a
// mutant: it must end in a counterexample, or the rule (or the model) is not needed.

export const guards = {
  barrierBeforeCopy: 'the copy starts only when every unexpired session has applied ARM: all replicas log',
  doubtsBeforeCopy: 'ARM waits until no unlogged write can still land on X',
  visibleBeforeCopy: 'ARM waits until the listing shows every answered write; so does a row without a stamp',
  forgetAtArm: 'when ARM ends, done rows are forgotten and those in flight are marked "no stamp expected"',
  nothingBeforeCopy: 'nothing is written to Y before the copy may start',
  epochInIntent: 'W1: the intent checks, in its transaction, that the routing is the one the replica goes by',
  intentBeforeCall: 'W1 is committed before the store is called',
  oneIntentAnId: 'one intent in flight an id',
  stayExclusive: 'no next intent for an id while an older try of its last write may still land (I8)',
  retryOnlyLogged: 'a write in doubt is tried again only under an intent, and after ARM',
  neverRunAgain: 'a doubtful write is closed by trusting what the active store shows; it is never executed again',
  doubtOfIntent: 'an intent in doubt stays in flight until the doubt is over',
  doubtOfMover: 'a write of the mover in doubt makes its ids suspect: dirty again, once the doubt is over',
  moverToken: 'a mover writes to Postgres only with the current token (I9)',
  appliedAfterWrites: '`applied` rises only when every write begun under an older view has ended',
  stopWithoutLease: 'a replica whose lease has run out stops serving what the lease covers',
  copyDropsTouched: 'the copier drops every id that has a dirty row, after it has read it',
  onePipelineAnId: 'copy and sync never overlap on an id',
  provenRead: 'sync goes on only with a read that the stamp proves to be the latest',
  markOnlyUnchanged: 'sync marks a row clean only if its `seq` is unchanged',
  stampOfText:
    'where the move transforms, the vector that the other place shows is kept only for the text of its stamp',
  deletesCarried: 'sync deletes in Y what is deleted in X',
  noUnsyncedTail: 'FLIP: no dirty row unsynced, and one in flight never is synced',
  noRetryAtFlip: 'FLIP: no older try of a write may still land on the place that was active',
  targetVisible: 'FLIP: what Y shows is what Y has',
  barrierBeforeWritesOpen: 'writes open on Y only when every unexpired session has applied FLIP',
  seenBeforeUse: '`seen` is stored before a new view is used',
  undoWaitsForSeen: 'an undone FLIP opens X only when every session that has seen the FLIP has applied the undoing',
  nothingInFlightAtEnd: 'completion, cancel: no intent in flight, for writes of STEADY keep no id to themselves',
  noRetryAtEnd: 'completion, cancel: no older try of a write may still land on the active place',
  staleReadsBeforePurge:
    'a place is purged only when no replica cut off from Postgres may still answer stale reads from it',
  slowReadsBeforePurge: 'a place is purged only when no read begun under an older view is under way',
} as const

export type GuardName = keyof typeof guards

export function isGuardName(name: string): name is GuardName {
  return Object.hasOwn(guards, name)
}

/** All rules in force, except one. */
export function guardsWithout(mutant?: GuardName): Readonly<Record<GuardName, boolean>> {
  const inForce = (name: string) => name !== mutant
  return Object.fromEntries(Object.keys(guards).map((name) => [name, inForce(name)])) as Record<GuardName, boolean>
}
