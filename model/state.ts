// The state of docs/moves.md section 2, cut down to one record: every property is one byte of one buffer, so that a
// state is copied, hashed and kept as bytes and still reads by name.
import { startPhase } from './phase.ts'

export type ReplicaIndex = 0 | 1
/** X is 0, Y is 1. */
export type Place = 0 | 1

/** Writes are numbered from 1. */
export const maxWrites = 3
/** A place's content: the number of the write that it last took (0 is the initial record), or nothing. */
export const absent = maxWrites + 1
/** The number of different contents, `absent` included. */
export const contents = maxWrites + 2
/** `staleX`, `staleY`: the index shows the place's content. */
export const caughtUp = absent + 1

/** The step of a replica's one request; nothing else of the request matters to the protocol. */
export const step = { idle: 0, sent: 1, stored: 2, intent: 3, trackedSent: 4, trackedStored: 5, reading: 6 } as const
/** The record's row in `dirty`. */
export const row = { none: 0, inFlight: 1, done: 2 } as const
/** The step of the mover's one store call. */
export const stage = { idle: 0, hasRead: 1, sent: 2, stored: 3 } as const
/** The purpose of the mover's call; `redo` exists only where the guard `neverRunAgain` is removed. */
export const task = { copy: 0, sync: 1, redo: 2 } as const

const recordFields = [
  // routing; `undoneFlip` is the epoch of a FLIP that is being undone
  'phase',
  'epoch',
  'undoneFlip',
  // the dirty row: which write it is about, whether Y has it, whether a stamp is to be expected
  'rowWrite',
  'rowState',
  'synced',
  'noStamp',
  // the move: over, ARM is over, the copier is through, the mover's own writes are in doubt, the other place is empty
  'ended',
  'armed',
  'copied',
  'suspect',
  'purged',
  // the mover's call
  'stage',
  'task',
  'value',
  'target',
  'readRow',
  // only without a guard, where the move transforms: its vector, and that of each place, was made of another text
  'otherVector',
  'otherVectorX',
  'otherVectorY',
  // only without a guard: a second sync beside the copy, a mark that a mover without the token still makes
  'secondStage',
  'secondValue',
  'secondRow',
  'oldMark',
  'oldMarkRow',
  // what the places hold, and what their indexes still show instead
  'heldX',
  'heldY',
  'staleX',
  'staleY',
  // masks of writes: that are deletes, whose sender gave up
  'deletes',
  'givenUp',
  // how much of the run's size is used up
  'writes',
  'reads',
  'crashes',
  'giveUps',
  'moverFaults',
  'historyLow',
  'historyHigh',
] as const

const replicaFields = [
  'dead',
  // its row in `sessions`
  'leased',
  'seen',
  'applied',
  // what it goes by, and what its last renewal brought that it does not go by yet
  'view',
  'viewEpoch',
  'hasNews',
  'newsView',
  'newsEpoch',
  // its request
  'step',
  'write',
  'place',
] as const

type Named<Name extends string> = new (bytes: Uint8Array, base: number) => Record<Name, number>

const lateBase = recordFields.length
const replicaBase = lateBase + 2 * contents
/** Size of one state, in whole 32-bit words for the hash. */
export const stateBytes = Math.ceil((replicaBase + 2 * replicaFields.length) / 4) * 4

export class Replica extends bytesNamed(replicaFields) {}

export class State extends bytesNamed(recordFields) {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly replicas: readonly [Replica, Replica]

  constructor() {
    const bytes = new Uint8Array(stateBytes)
    super(bytes, 0)
    this.bytes = bytes
    this.words = new Int32Array(bytes.buffer)
    this.replicas = [new Replica(bytes, replicaBase), new Replica(bytes, replicaBase + replicaFields.length)]
  }

  /** The tenant rests in X, the record is unchanged, every replica has its lease. */
  static atRest(replicaCount: number): State {
    const state = new State()
    state.phase = startPhase
    state.heldY = absent
    state.staleX = caughtUp
    state.staleY = caughtUp
    state.synced = 1
    state.replicas.forEach((replica, index) => {
      replica.view = startPhase
      replica.leased = index < replicaCount ? 1 : 0
      replica.dead = index < replicaCount ? 0 : 1
    })
    return state
  }

  /** The monitor's state of the history. */
  get history(): number {
    return this.historyLow | (this.historyHigh << 8)
  }
  set history(id: number) {
    this.historyLow = id & 255
    this.historyHigh = id >> 8
  }

  held(place: number): number {
    return place === 0 ? this.heldX : this.heldY
  }
  /** Whether the place's vector was made of another text than the one beside it. */
  hasOtherVector(place: number): boolean {
    return (place === 0 ? this.otherVectorX : this.otherVectorY) === 1
  }
  stale(place: number): number {
    return place === 0 ? this.staleX : this.staleY
  }
  /** The content that a reader of `value` gets: a delete leaves nothing. */
  content(value: number): number {
    return value === absent || (this.deletes >> value) & 1 ? absent : value
  }

  /** Unanswered requests that may still land (A2): how many put this value into this place. */
  late(place: number, value: number): number {
    return this.bytes[lateBase + place * contents + value] as number
  }
  addLate(place: number, value: number, count: 1 | -1): void {
    this.bytes[lateBase + place * contents + value] = this.late(place, value) + count
  }
  isAnyLate(place: number): boolean {
    for (let value = 0; value < contents; value++) if (this.late(place, value) > 0) return true
    return false
  }
}

/** Makes a class whose properties are the bytes of a buffer from `base` on, in the order of their names. */
function bytesNamed<Name extends string>(names: readonly Name[]): Named<Name> {
  class Bytes {
    readonly buffer: Uint8Array
    readonly base: number
    constructor(buffer: Uint8Array, base: number) {
      this.buffer = buffer
      this.base = base
    }
  }
  names.forEach((name, offset) => {
    Object.defineProperty(Bytes.prototype, name, {
      get(this: Bytes) {
        return this.buffer[this.base + offset]
      },
      set(this: Bytes, value: number) {
        this.buffer[this.base + offset] = value
      },
    })
  })
  return Bytes as unknown as Named<Name>
}
