import { setTimeout as wait } from 'node:timers/promises'
import type { ReadMark } from '../stores/store.ts'
import type { RagMemory } from './rag-memory.ts'

const firstPauseMs = 20
const longestPauseMs = 1_000

/**
 * Reads until what this replica wrote to the place before is shown: proven by the sequence numbers of the place, or
 * by the time after which every answered write is visible (docs/moves.md A3). Where either number is missing nothing
 * can be proven, and the first read counts.
 */
export async function readSettled<T extends ReadMark>(
  deps: {
    readonly memory: Pick<RagMemory, 'writtenLsns'>
    readonly settings: { readonly storeVisibleMs: number }
  },
  placeId: number,
  read: () => Promise<T>,
): Promise<T> {
  const written = deps.memory.writtenLsns.get(placeId)
  const untilMs = performance.now() + deps.settings.storeVisibleMs
  let pauseMs = firstPauseMs
  for (;;) {
    const answer = await read()
    const shown = written === undefined || answer.indexedLsn === undefined || answer.indexedLsn >= written
    if (shown || performance.now() + pauseMs > untilMs) return answer
    await wait(pauseMs)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}
