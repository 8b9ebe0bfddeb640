/** A guard of the moves taken out: the text in one file of `src` that makes it, and what stands there instead. */
export interface Mutant {
  readonly guard: string
  readonly file: string
  /** Each must be there exactly once. */
  readonly changes: readonly (readonly [from: string, to: string])[]
  /** The same guard in a second file. */
  readonly also?: { readonly file: string; readonly changes: Mutant['changes'] }
  /** The races that are expected to tell, by number; the first that does is enough. */
  readonly races: readonly number[]
  /** Histories of `found` that detect it, by a part of their names. */
  readonly found?: readonly string[]
  /** A guard of moves to another model: the races are staged with such ones. */
  readonly transforms?: true
  /** A guard of a copy in lanes: the races are staged with such ones. */
  readonly lanes?: true
}

/** The files that a mutant changes, with their changes. */
export function partsOf(mutant: Mutant): readonly Pick<Mutant, 'file' | 'changes'>[] {
  return [mutant, ...(mutant.also ? [mutant.also] : [])]
}

/** The text of a file of `src` without its guard. @throws Error when a text to change is not there exactly once. */
export function takeOut(text: string, part: Pick<Mutant, 'file' | 'changes'>): string {
  return part.changes.reduce((left, [from, to]) => {
    if (left.split(from).length !== 2) throw new Error(`${part.file} does not have this once: ${from}`)
    return left.replace(from, () => to)
  }, text)
}

export const mutants: readonly Mutant[] = [
  {
    guard: 'the parts of a place hold every id: each character that may follow a prefix is asked for',
    file: 'moves/copy/find-parts.ts',
    changes: [['found.add(code)', 'found.add(last)']],
    races: [6],
    lanes: true,
  },
  {
    guard: 'a copy in lanes is claimed as a whole',
    file: 'moves/steps/copy.ts',
    changes: [['batches.flatMap(({ copies }) => copies)', 'batches.slice(0, 1).flatMap(({ copies }) => copies)']],
    races: [6],
    lanes: true,
  },
  {
    guard: 'the copy waits until every replica logs',
    file: 'moves/steps/arm.ts',
    changes: [['if (behind > 0) return', 'if (behind > 99) return']],
    races: [1, 2, 4],
  },
  {
    guard: 'the copy waits for unlogged writes in doubt',
    file: 'moves/steps/arm.ts',
    changes: [['if (doubtMs > 0) return', 'if (doubtMs > 1e9) return']],
    races: [3],
  },
  {
    guard: 'the copy waits until the source shows what was answered',
    file: 'moves/steps/arm.ts',
    changes: [['await waitVisible(', 'if (!context) await waitVisible(']],
    races: [5],
  },
  {
    guard: 'a replica reports a change as applied when its older writes have ended',
    file: 'routing/lease/leased-routes.ts',
    changes: [['return draining', 'return []']],
    races: [2],
  },
  {
    guard: 'a write in doubt is told to the others',
    file: 'routing/lease/write-admission.ts',
    changes: [["if (outcome === 'in_doubt') this", "if (outcome === 'in_doubt' && writes.count > 99) this"]],
    races: [3],
  },
  {
    guard: 'a write is logged before it is sent',
    file: 'routing/write-log/tenant-write.ts',
    changes: [
      [
        'const intended = await intend(',
        'await send({ placement, ids, signal, isExclusive: false, stamp: () => undefined })\n  const intended = await intend(',
      ],
    ],
    races: [11],
  },
  {
    guard: "the intent's epoch is the routing's",
    file: 'routing/write-log/change-log.ts',
    changes: [['if (Number(route?.epoch) !== epoch)', 'if (Number(route?.epoch) < 0)']],
    races: [13],
  },
  {
    guard: 'one intent a record at a time',
    file: 'routing/write-log/change-log.ts',
    changes: [["where dirty.state = 'done' and", 'where']],
    races: [12, 17, 31],
  },
  {
    guard: 'a write without an answer stays in flight',
    file: 'routing/write-log/change-log.ts',
    changes: [['in_doubt = true`\n', "in_doubt = true, state = 'done', done_at = clock_timestamp()`\n"]],
    races: [17],
  },
  {
    guard: 'an answered write with a doubtful try stays in flight',
    file: 'routing/write-log/tenant-write.ts',
    changes: [["sent.doubtful ? inDoubt() : { kind: 'changed' }", "{ kind: 'changed' }"]],
    races: [31],
  },
  {
    guard: 'a doubt is closed only when its time is over',
    file: 'moves/sync/move-changes.ts',
    changes: [
      ["(state = 'inflight' and deadline < clock_timestamp())", "(state = 'inflight')"],
      ["and state = 'inflight' and deadline < clock_timestamp()`", "and state = 'inflight'`"],
    ],
    races: [17, 15],
  },
  {
    guard: 'a write under way is closed early only when its writer has lost its lease',
    file: 'moves/sync/move-changes.ts',
    changes: [['and expires_at + make_interval(', 'or now() < now() + make_interval(']],
    races: [15],
  },
  {
    guard: 'nothing is written under a lease that has run out',
    file: 'routing/lease/lease.ts',
    changes: [['return this.#clock.now() < this.#validUntilMs', 'return this.#validUntilMs > 0']],
    races: [18],
  },
  {
    guard: 'the copy leaves alone what was written since the move began',
    file: 'moves/sync/move-changes.ts',
    changes: [
      [
        'new Set(ids).difference(new Set(touched.map((one) => one.id)))',
        'new Set([...ids, ...touched.map((one) => one.id)])',
      ],
    ],
    races: [6],
  },
  {
    guard: 'deletes are carried over',
    file: 'moves/sync/sync.ts',
    changes: [['gone.length > 0 ? await sendToFollower', 'gone.length > 99 ? await sendToFollower']],
    races: [6, 9, 21],
  },
  {
    guard: 'what is carried over is proven to be the last write',
    file: 'moves/sync/freshness.ts',
    changes: [['return row.isPut ?', 'return row.seq > 0 || row.isPut ?']],
    races: [9],
  },
  {
    guard: 'a record is marked clean only if nothing was written since',
    file: 'moves/sync/move-changes.ts',
    changes: [
      ['sql`synced_seq = n, synced_at', 'sql`synced_seq = seq, synced_at'],
      [
        'as mine(id, n, there, stamped)\n          on record_id = mine.id and seq = mine.n',
        'as mine(id, n, there, stamped)\n          on record_id = mine.id',
      ],
      ["and record_id = held.id and seq = n and state = 'done'", "and record_id = held.id and state = 'done'"],
    ],
    races: [10],
  },
  {
    guard: "what a mover's unanswered write may still reach is suspect",
    file: 'moves/sync/move-changes.ts',
    changes: [['suspectForMs === undefined', 'suspectForMs !== -1']],
    races: [7, 16],
  },
  {
    guard: 'what a dead mover had claimed is suspect',
    file: 'moves/steps/copy.ts',
    changes: [['if (move.claimedIds.length > 0) await', 'if (move.claimedIds.length > 999) await']],
    races: [16, 20],
  },
  {
    guard: 'a mover that lost its move changes nothing',
    file: 'moves/state/move-history.ts',
    changes: [['row.moverToken !== move.moverToken) throw', 'row.moverToken < 0) throw']],
    races: [20, 8],
  },
  {
    guard: 'a mover whose claim ran out sends nothing',
    file: 'concurrency/leased-jobs.ts',
    changes: [
      ['const signal = AbortSignal.any([this.#stop.signal, lost.signal])', 'const { signal } = this.#stop'],
      ['!signal.aborted && this.#clock.now() < holdsUntil()', '!signal.aborted && holdsUntil() > 0'],
    ],
    races: [20],
  },
  {
    guard: 'every record is compared, not counted',
    file: 'moves/verify/tally.ts',
    changes: [['copied !== undefined && match.isCopy(record, copied, expected)', 'copied !== undefined']],
    races: [26],
  },
  {
    guard: 'a page whose copy has not the digest that was kept is compared record by record',
    file: 'moves/verify/compare.ts',
    changes: [['digestPage(digests) === page.digest', "page.digest !== ''"]],
    races: [26],
    lanes: true,
  },
  {
    guard: 'what was carried over is compared before the switch',
    file: 'moves/sync/sync.ts',
    changes: [['isEqual(row) && isShown(row)', 'row.seq > 0']],
    races: [25],
  },
  {
    guard: 'what was carried over is proven to show, and not only equal',
    file: 'moves/sync/sync.ts',
    changes: [['isEqual(row) && isShown(row)', 'isEqual(row)']],
    races: [32],
  },
  {
    guard: 'a delete that was carried over is proven by more than absence',
    file: 'moves/sync/freshness.ts',
    changes: [
      [
        'if (shown !== undefined && stampOf(shown) === row.seq) return true',
        'if (shown === undefined || stampOf(shown) === row.seq) return true',
      ],
    ],
    races: [33],
  },
  {
    guard: 'what a mover left is suspect from the end of its lease on',
    file: 'moves/steer-move.ts',
    changes: [['sendsUntil: sql`greatest(', 'error: sql`greatest(']],
    races: [34],
  },
  {
    guard: 'no switch with a tail that is not carried over',
    file: 'moves/switch/fence-gate.ts',
    changes: [['return inflight + inDoubt + unsynced + unverified + suspect + claimed === 0', 'return inflight >= 0']],
    races: [15, 25],
  },
  {
    guard: 'writes open on the new place when nobody reads the old one',
    file: 'moves/steps/open.ts',
    changes: [['if (behind > 0) return', 'if (behind > 99) return']],
    races: [14],
  },
  {
    guard: 'a switch is never undone',
    file: 'moves/switch/cutover.ts',
    changes: [["if (routing.phase !== 'fence') return\n  const phase = phaseBefore(", 'const phase = phaseBefore(']],
    also: {
      file: 'moves/runner/reopen-fences.ts',
      changes: [
        [
          "and(eq(routing.phase, 'fence'), lt(routing.fenceDeadline, sql`clock_timestamp()`))",
          "eq(routing.phase, 'flip')",
        ],
      ],
    },
    races: [19],
  },
  {
    guard: 'a fence past its deadline is opened by any replica',
    file: 'moves/runner/mover.ts',
    changes: [['await reopenFences(this.#database.db)', '']],
    races: [29],
  },
  {
    guard: 'a rollback carries back what was written since',
    file: 'moves/switch/fence-gate.ts',
    changes: [['unsynced + unverified + suspect', 'suspect']],
    races: [30, 15],
  },
  {
    guard: 'a deletion by filter while a tenant moves waits until the store shows all that was answered',
    file: 'rag/writes/proven-reads.ts',
    changes: [['if (lookedAtMs - beganAtMs >= storeVisibleMs) return answer', 'if (lookedAtMs >= 0) return answer']],
    races: [],
    found: ['a deletion by filter while the tenant moves'],
  },
  {
    guard: 'what was written since it was found is looked at again',
    file: 'rag/writes/write-matching.ts',
    changes: [
      [
        '{ at, leftOut: (newer) => again.push(...newer) }',
        "{ at: '2999-01-01', leftOut: (newer) => again.push(...newer) }",
      ],
    ],
    races: [],
    found: ['a deletion by filter looks again'],
  },
  {
    guard: 'a deletion of everything starts over where the tenant has gone',
    file: 'rag/writes/across-phases.ts',
    changes: [['if (!byId.isElsewhere) return outcome', 'if (outcome) return outcome']],
    races: [],
    found: ['a deletion of everything that a switch interrupts'],
  },
  {
    guard: 'a deletion of everything deletes no record twice',
    file: 'rag/writes/delete-all-records.ts',
    changes: [['const ids = handled.others(some)', 'const ids = some']],
    races: [],
    found: ['a deletion of everything leaves', 'a deletion of everything that starts over'],
  },
  {
    guard: 'a deletion of everything that has begun by id does not reach for the whole place',
    file: 'rag/writes/across-phases.ts',
    changes: [
      ['if (handled.isEmpty) {', 'if (kit) {'],
      ['place === undefined && handled.isEmpty', 'place === undefined'],
    ],
    races: [],
    found: ['a deletion of everything whose move ends'],
  },
  {
    guard: 'a deletion by filter that starts over deletes no record twice',
    file: 'rag/writes/write-matching.ts',
    changes: [['this.#handled.others(await this.#find(', '(await this.#find(']],
    races: [],
    found: ['a deletion by filter that starts over'],
  },
  {
    guard: 'a deletion by filter asks at its end whether the tenant still lives where it looked',
    file: 'rag/writes/write-matching.ts',
    changes: [['if (isElsewhere || (await this.#hasLeft()))', 'if (isElsewhere)']],
    races: [],
    found: ['a deletion by filter whose place is left'],
  },
  {
    guard: 'a deletion of everything asks at its end whether the tenant still lives where it looked',
    file: 'rag/writes/delete-all-records.ts',
    changes: [["if (there === 'elsewhere') return", "if (there === 'elsewhere' && fault) return"]],
    races: [],
    found: ['a deletion of everything whose place is left'],
  },
  {
    guard: 'what an update left is proven to be shown',
    file: 'moves/sync/freshness.ts',
    changes: [['return proven || row.doneForMs >= storeVisibleMs ||', 'return proven || row.seq > 0 ||']],
    races: [],
    found: ['an update is carried over as'],
  },
  {
    guard: 'both places are compared once more before one is purged',
    file: 'moves/steps/give-up-place.ts',
    changes: [['return await guardPurge(context, placeId)', 'return true']],
    races: [],
    found: ['the last copy of a record that somebody removed'],
  },
  {
    guard: 'the change log goes on until both places were compared',
    file: 'moves/steps/roll-back.ts',
    changes: [
      [
        "routing.epoch, { phase: 'track' })",
        "routing.epoch, { phase: 'steady', followerPlaceId: null, moveId: null })",
      ],
    ],
    races: [],
    found: ['what an app deletes between rollback'],
  },
  {
    guard: 'a place is purged when reads that began before are over',
    file: 'moves/steps/complete.ts',
    changes: [['if (slowMs > 0) return', 'if (slowMs > 1e9) return']],
    races: [24],
  },
  {
    guard: 'the name of a place is never used twice',
    file: 'placement/naming.ts',
    changes: [
      ['_g$\x7bgeneration}`', '`'],
      [':$\x7bgeneration}`)', '`)'],
    ],
    races: [23],
  },
  {
    guard: 'nothing is made without its clean-up row',
    file: 'moves/target/reserve-target.ts',
    changes: [['await tx.insert(cleanups).values({ placeId: place.id, moveId: row.id })', '']],
    races: [27],
  },
  {
    guard: 'both places are counted before a rollback switches',
    file: 'moves/switch/guard-loss.ts',
    changes: [['stopIf(whyNoSwitch(counts, context.move.acceptedLoss))', '']],
    races: [],
    found: ['a rollback does not switch to an old place'],
  },
  {
    guard: 'a copy is not emptied after its source',
    file: 'moves/switch/guard-pass.ts',
    changes: [['stopIf(whyNoRepair(findings, move.acceptedLoss))', '']],
    also: {
      file: 'moves/sync/lost-places.ts',
      changes: [['if (unexplained.length <= acceptedLoss) return', 'if (unexplained.length >= 0) return']],
    },
    races: [],
    found: ['a copy is not repaired down to a source'],
  },
  {
    guard: 'the last copy of a record that nobody wrote is not deleted',
    file: 'moves/sync/lost-places.ts',
    changes: [['!row.wasDeleted', '!row.wasDeleted && row.lsn === 0']],
    races: [],
    found: ['a record that somebody removed from Y keeps'],
  },
  {
    guard: 'a vector of the other place is kept only for the text that it was made of',
    file: 'moves/transform/transform.ts',
    changes: [['if (isOwn || stamp === embeddingStamp(this.intoModel, text))', 'if (isOwn || stamp !== undefined)']],
    races: [6, 7, 8, 9, 10, 12],
    transforms: true,
  },
  {
    guard: 'a text that changed since its read is carried over again',
    file: 'moves/sync/move-changes.ts',
    changes: [
      ['sql`synced_seq = n, synced_at', 'sql`synced_seq = seq, synced_at'],
      [
        'as mine(id, n, there, stamped)\n          on record_id = mine.id and seq = mine.n',
        'as mine(id, n, there, stamped)\n          on record_id = mine.id',
      ],
      ["and record_id = held.id and seq = n and state = 'done'", "and record_id = held.id and state = 'done'"],
    ],
    races: [],
    found: ['a text that changes while the sync embeds it'],
    transforms: true,
  },
  {
    guard: 'the copy drops what was written while it embedded',
    file: 'moves/sync/move-changes.ts',
    changes: [
      [
        'new Set(ids).difference(new Set(touched.map((one) => one.id)))',
        'new Set([...ids, ...touched.map((one) => one.id)])',
      ],
    ],
    races: [],
    found: ['a record that is deleted while the copy embeds'],
    transforms: true,
  },
  {
    guard: 'a copy is proven by the model and the text of its stamp',
    file: 'moves/transform/transform.ts',
    changes: [['if (!this.isForward) return true\n', 'if (this.intoModel) return true\n']],
    races: [],
    found: ['a copy whose vector was made of another text'],
    transforms: true,
  },
  {
    guard: 'a sample is embedded a second time',
    file: 'moves/steps/embed-again.ts',
    changes: [['if (cosine >= least) continue', 'if (cosine >= least || cosine < 2) continue']],
    races: [],
    found: ['a copy whose stamp is right'],
    transforms: true,
  },
  {
    guard: 'a write by a model that no place has is refused',
    file: 'rag/checks/named-model.ts',
    changes: [
      ['return other.vectors\n  throw noPlace(active, named)', 'return other.vectors\n  return active.vectors'],
    ],
    races: [],
    found: ['a vector of a model that no place has'],
    transforms: true,
  },
  {
    guard: 'a question by a model that no place has is refused',
    file: 'rag/checks/named-model.ts',
    changes: [
      ['if (named !== other?.vectors.model) throw noPlace(active, named)', 'if (other === undefined) return route'],
    ],
    races: [],
    found: ['a vector of a model that no place has'],
    transforms: true,
  },
  {
    guard: 'a vector has to name its model while the tenant changes its own',
    file: 'rag/checks/named-model.ts',
    changes: [['if (other === undefined && active.needsModel !== true) return', 'if (active.placeId > 0) return']],
    races: [],
    found: ['a vector that names no model'],
    transforms: true,
  },
  {
    guard: 'a question is answered by the place of its model',
    file: 'rag/checks/named-model.ts',
    changes: [
      ["return { ...route, routing: { phase: 'steady', epoch: routing.epoch, active: other } }", 'return route'],
    ],
    races: [],
    found: ['a question by a vector is answered'],
    transforms: true,
  },
  {
    guard: 'the new place answers no question before it is complete',
    file: 'rag/checks/named-model.ts',
    changes: [["if (routing.phase === 'arm' || routing.phase === 'track') {", "if (routing.phase === 'steady') {"]],
    races: [],
    found: ['a question by a vector is answered'],
    transforms: true,
  },
  {
    guard: 'a vector is compared with the place at the moment of sending',
    file: 'rag/writes/fitting-place.ts',
    changes: [
      [
        'if (!isSameSpace(placement.vectors, made)) return new OtherSpace(placement.vectors)\n    if (follower',
        'if (follower',
      ],
    ],
    races: [],
    found: ["an app's vector that waits out the switch"],
    transforms: true,
  },
  {
    guard: 'only vectors of length 1 go to an index of the other metric',
    file: 'moves/transform/metric-change.ts',
    changes: [['if (Math.abs(length - 1) <= lengthTolerance) return undefined', 'if (length > 0) return undefined']],
    races: [],
    found: ['a record that is not of length 1'],
  },
]
