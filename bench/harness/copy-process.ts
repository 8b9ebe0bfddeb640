import { putBatch } from '../../src/moves/copy/put-batch.ts'
import { readAhead } from '../../src/moves/copy/read-ahead.ts'
import { budgetedSize } from '../../src/moves/copy/read-size.ts'
import type { Placement } from '../../src/placement/placement.ts'
import { pineconeStore } from '../../src/stores/pinecone.ts'
import { answerQuestions } from './process.ts'
import { seededRandom, unitVector } from './sample-tenant.ts'

export type CopyOrder =
  | { readonly kind: 'fill'; readonly storeUrl: string; readonly into: Placement; readonly count: number }
  | { readonly kind: 'copy'; readonly storeUrl: string; readonly from: Placement; readonly into: Placement }

export interface CopyResult {
  readonly seconds: number
  readonly records: number
}

/**
 * The baseline of a move: list, fetch and upsert by the same adapter, as concurrently as the move, and nothing else. It
 * runs in its own process, as the mover runs in the service's.
 */
answerQuestions((order) => run(order as CopyOrder))

async function run(order: CopyOrder): Promise<CopyResult> {
  await using stores = pineconeStore({
    projects: [{ name: order.into.project, apiKey: 'bench', controllerHost: order.storeUrl }],
  })
  const into = stores.open(order.into)
  const startedAt = performance.now()
  let records = 0
  if (order.kind === 'fill') {
    const random = seededRandom(order.count)
    for (let from = 0; from < order.count; from += 1_000) {
      const length = Math.min(1_000, order.count - from)
      await into.upsert(Array.from({ length }, (_, at) => recordOf(from + at, random)))
      records += length
    }
  } else {
    const { signal } = new AbortController()
    for await (const batch of readAhead(stores.open(order.from), { signal, size: budgetedSize(1) })) {
      await putBatch(into, [...batch.records.values()], signal)
      records += batch.records.size
    }
  }
  return { seconds: (performance.now() - startedAt) / 1000, records }
}

function recordOf(n: number, random: () => number) {
  const text = `Passage ${n}: invoices are due within thirty days, and a reminder goes out a week before.`
  return { id: `v-${String(n).padStart(7, '0')}`, values: unitVector(random), metadata: { text, n } }
}
