import { Pinecone } from '@pinecone-database/pinecone'
import { answerQuestions } from './process.ts'
import { seededRandom, unitVector } from './sample-tenant.ts'
import { quantile } from './statistics.ts'

export interface QueryOrder {
  readonly via: { readonly sdk: SdkPlace } | { readonly router: { readonly url: string; readonly token: string } }
  /** Concurrent callers; each sends its next query when its last one is answered. */
  readonly callers: number
  readonly warmUpMs: number
  readonly measureMs: number
}

interface SdkPlace {
  readonly indexHost: string
  readonly namespace: string
  /** Absent where the router adds its own. */
  readonly filter?: Readonly<Record<string, unknown>>
  readonly apiKey?: string
}

export interface QueryResult {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly count: number
  /** All queries of the run, those before the measurement among them: what its processor time was used for. */
  readonly all: number
}

const topK = 5
const random = seededRandom(11)
const vectors = Array.from({ length: 500 }, () => unitVector(random))
let sent = 0

/** A new vector each time, so that no cache knows the answer. */
function nextVector(): number[] {
  const base = vectors[sent++ % vectors.length] as number[]
  return [(sent % 1e6) / 1e8, ...base.slice(1)]
}

/** An app of one tenant in a separate process: queries either way, over Node's `fetch` in both cases. */
answerQuestions((order) => run(order as QueryOrder))

async function run({ via, callers, warmUpMs, measureMs }: QueryOrder): Promise<QueryResult> {
  const query = 'sdk' in via ? bySdk(via.sdk) : byRouter(via.router)
  const startsAt = performance.now() + warmUpMs
  const endsAt = startsAt + measureMs
  const latencies: number[] = []
  let all = 0
  const caller = async () => {
    for (;;) {
      const vector = nextVector()
      if (callers === 1) loseStep()
      const sentAt = performance.now()
      const matches = await query(vector)
      const doneAt = performance.now()
      all += 1
      if (matches !== topK) throw new Error(`${matches} matches instead of ${topK}`)
      if (sentAt >= startsAt && doneAt <= endsAt) latencies.push(doneAt - sentAt)
      if (doneAt >= endsAt) return
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), count: latencies.length, all }
}

/**
 * Breaks the lockstep of a lone caller with a store that waits by a timer. Such a store answers on whole milliseconds,
 * so every time would be rounded up, by 5 % of the measured value. It is a busy wait of up to 1 ms, since a timer would
 * end on the millisecond as well.
 */
function loseStep(): void {
  const until = performance.now() + Math.random()
  while (performance.now() < until);
}

type Query = (vector: number[]) => Promise<number>

function bySdk({ indexHost, namespace, filter, apiKey = 'bench' }: SdkPlace): Query {
  const index = new Pinecone({ apiKey }).index({ host: indexHost, namespace })
  const asked = { topK, ...(filter !== undefined && { filter }), includeMetadata: true }
  return async (vector) => (await index.query({ vector, ...asked })).matches.length
}

function byRouter({ url, token }: { url: string; token: string }): Query {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return async (vector) => {
    const response = await fetch(`${url}/retrieve`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ vector, topK }),
    })
    if (!response.ok) throw new Error(`the router answered ${response.status}: ${await response.text()}`)
    return ((await response.json()) as { matches: unknown[] }).matches.length
  }
}
