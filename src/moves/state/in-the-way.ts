import type { MoveKind, MoveState } from './move-state.ts'

/** An open move as far as it stands in the way of a promote. */
export interface MoveInTheWay {
  /** The move's id. */
  readonly move: string
  readonly kind: MoveKind
  readonly state: MoveState
  /** When it ends automatically, ISO 8601; null: nobody knows. */
  readonly until: string | null
  /** A sentence: which move it is, until when, and what to do. */
  readonly words: string
}

interface OpenMove {
  readonly id: string
  readonly kind: MoveKind
  readonly state: MoveState
  readonly retainUntil: Date | null
}

/** States in which a promote brings its tenant back to where it was. */
export const backingStates = ['cancelling', 'rolling_back'] as const satisfies readonly MoveState[]

/** The move that keeps a waiting tenant from being promoted; null: none does. */
export function moveInTheWay(move: OpenMove | null): MoveInTheWay | null {
  if (move === null) return null
  const { id, kind, state, retainUntil } = move
  const until = state === 'soaking' ? (retainUntil?.toISOString() ?? null) : null
  return { move: id, kind, state, until, words: wordsOf(move, until) }
}

function wordsOf({ id, kind, state }: OpenMove, until: string | null): string {
  const named = `Its ${kind} ${id}`
  const steer = (verb: string) => `tenant-router moves ${verb} ${id}`
  switch (state) {
    case 'soaking':
      return `${named} keeps the former place ${until === null ? 'for now' : `until ${until}`}. To promote before: ${steer('complete')}`
    case 'paused':
      return `${named} is paused. To promote: ${steer('resume')}, or ${steer('cancel')}`
    case 'completing':
    case 'cancelling':
    case 'rolling_back':
      return `${named} is ${state.replace('_', ' ')}, and ends by itself. Promote it then.`
    default:
      return `${named} is ${state}, and ends by itself. To promote before: ${steer('cancel')}`
  }
}
