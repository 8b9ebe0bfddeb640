import { setTimeout as sleep } from 'node:timers/promises'
import type { SampleTenant } from '../dev/samples.ts'
import { isFrom, matchesOf } from './matches.ts'
import type { Tour } from './tour.ts'

/** The observations of a tenant's app while the tenant is moved. */
export interface DemoTraffic {
  readonly counts: {
    reads: number
    readsFailed: number
    writes: number
    /** Attempts that the service asked to retry. */
    held: number
    /** Writes refused for another reason, or unanswered. */
    writesFailed: number
    longestWriteMs: number
  }
  /** Document id → its last acknowledged text; null after an acknowledged deletion. */
  readonly acknowledged: ReadonlyMap<string, string | null>
  stop(): Promise<void>
}

const readers = 3
const writers = 2

/**
 * An app at work: readers that check their answers, and writers that put, change and delete notes and remember every
 * acknowledgement.
 */
export function startTraffic(tour: Tour, tenant: SampleTenant): DemoTraffic {
  const counts = { reads: 0, readsFailed: 0, writes: 0, held: 0, writesFailed: 0, longestWriteMs: 0 }
  const acknowledged = new Map<string, string | null>()
  let going = true

  const reader = async (number: number) => {
    for (let round = number; going; round += 1) {
      const asked = tenant.questions[round % tenant.questions.length]
      // The number makes each a question of its own, so that no answer comes from the cache.
      const query = `${asked?.question ?? tenant.name} (${number}.${round})`
      const called = await tour.asTenant(tenant.id, '/retrieve', { body: { query, topK: 3 } })
      const matches = matchesOf(called).filter(({ documentId }) => documentId?.startsWith('live-') !== true)
      counts.reads += 1
      if (called.status !== 200 || matchesOf(called).length < 3 || !matches.every((match) => isFrom(tenant, match))) {
        counts.readsFailed += 1
      }
      await sleep(20)
    }
  }

  const write = async (id: string, text: string | null) => {
    const startedAt = performance.now()
    for (;;) {
      const called = await tour.asTenant(tenant.id, `/documents/${id}`, {
        ...(text === null ? { method: 'DELETE' } : { method: 'PUT', body: { text } }),
      })
      if (called.ok) {
        acknowledged.set(id, text)
        counts.writes += 1
        counts.longestWriteMs = Math.max(counts.longestWriteMs, performance.now() - startedAt)
        return
      }
      if (called.status !== 503) {
        counts.writesFailed += 1
        return
      }
      counts.held += 1
      await sleep(Math.min(250, called.retryAfterS * 1000))
    }
  }

  const writer = async (number: number) => {
    for (let round = 0; going; round += 1) {
      const id = `live-${number}-${round}`
      await write(id, noteOf(id, 'first'))
      if (round % 3 === 1) await write(id, noteOf(id, 'second'))
      if (round % 4 === 2) await write(id, null)
      await sleep(40)
    }
  }

  const all = [
    ...Array.from({ length: readers }, (_, at) => reader(at)),
    ...Array.from({ length: writers }, (_, at) => writer(at)),
  ]
  const ended = Promise.all(all)
  // Watched from the start, so that a fault here is the tour's, not the process's.
  ended.catch(() => undefined)
  return {
    counts,
    acknowledged,
    async stop() {
      going = false
      await ended
    },
  }
}

function noteOf(id: string, version: string): string {
  return `Note ${id}, ${version} version: written while the tenant was being moved.`
}
