import { randomUUID } from 'node:crypto'
import { connect } from '../src/db/connect.ts'
import { readTail } from '../src/moves/sync/tail.ts'
import { startParts, startService } from './harness/parts.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { median, show, spread } from './harness/statistics.ts'
import { insertedAtOnce, pauseDimension, type WritePause, writePause } from './write-pause.ts'

/** Open rows, as under a steady load of writes. */
const open = 50
const looks = 200

/**
 * The cost of a cutover with few and with many records touched during the move. One part is a look at the remaining
 * work, as the fence takes it every 10 to 50 ms while writes wait, with equally many open rows in each log. The other
 * is the pause in writing that an app meets which keeps writing. Each log is a separate move in one table, so the small
 * ones are read beside the large one.
 */
export async function tail({ quick, say }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? [20, 10_000] : [20, 10_000, 1_000_000]
  await using parts = await startParts({ pin: false })
  await using database = connect({ url: parts.databaseUrl, max: 1 })
  const moves = sizes.map((size) => ({ size, id: randomUUID() }))
  for (const { size, id } of moves) {
    say(`${size} touched records`)
    // All were open once, as they are in a move; all but the last are verified. Some at once: a statement of a minute is
    // taken for one that hangs.
    for (let from = 0; from < size; from += insertedAtOnce) {
      const to = Math.min(size, from + insertedAtOnce)
      await database.sql`
        insert into dirty (move_id, record_id, seq, state, is_put, intent_at, done_at, deadline, synced_seq, synced_at, verified_seq)
        select ${id}, 'r' || n, nextval('write_seq'), 'done', true, now(), now(), now(), n, now(), null
        from generate_series(${from + 1}::int, ${to}::int) as n`
      await database.sql`
        update dirty set synced_seq = seq, verified_seq = seq where move_id = ${id} and verified_seq is null and seq <= (
          select max(seq) from dirty where move_id = ${id}) - ${to < size ? 0 : Math.min(open, size)}::int`
    }
  }
  const lookAt = async () => {
    const took = new Map<number, readonly number[]>()
    for (const { size, id } of moves) {
      const times: number[] = []
      for (let look = 0; look < looks; look += 1) {
        const at = performance.now()
        await database.db.transaction((tx) => readTail(tx, id))
        times.push(performance.now() - at)
      }
      took.set(size, times)
    }
    return took
  }
  const burst = await lookAt()
  // What autovacuum does once a minute; all these rows were written and verified within one.
  await database.sql`vacuum analyze dirty`
  const took = await lookAt()
  const pauses = new Map<number, WritePause[]>()
  await using service = await startService(parts, {
    EMBEDDING_PROVIDER: 'openai',
    EMBEDDING_MODEL: 'bench',
    EMBEDDING_DIMENSION: String(pauseDimension),
    OPENAI_API_KEY: 'bench',
  })
  const rounds = quick ? 1 : 3
  for (let round = 0; round < rounds; round += 1) {
    for (const size of sizes) {
      say(`${size} touched records: a switch, round ${round + 1} of ${rounds}`)
      const tenantId = `pause-${size}-${round}`
      const pause = await writePause(parts, service, database, { tenantId, touched: size })
      pauses.set(size, [...(pauses.get(size) ?? []), pause])
    }
  }
  const of = (size: number) => took.get(size) ?? []
  const held = (size: number) => (pauses.get(size) ?? []).map(({ heldMs }) => heldMs)
  const longest = (size: number) => (pauses.get(size) ?? []).map(({ longestMs }) => longestMs)
  const [least = 0, most = 0] = [sizes[0], sizes.at(-1)]
  return {
    bench: 'tail',
    rows: sizes.flatMap((size): [string, string][] => [
      [`${size} touched records: a look at the tail, ms`, show(spread(of(size)))],
      [`${size} touched records within a minute: a look before the vacuum, ms`, show(spread(burst.get(size) ?? []))],
      [`${size} touched records: writes held by the switch, ms`, show(spread(held(size)), 0)],
      [`${size} touched records: the longest wait of an app's write, ms`, show(spread(longest(size)), 0)],
    ]),
    goals: [
      { what: `${most} touched / ${least}`, value: median(of(most)) / median(of(least)), limit: 3, sense: 'at most' },
      {
        what: `${most} touched / ${least}, writes held`,
        value: median(held(most)) / median(held(least)),
        limit: 2,
        sense: 'at most',
      },
    ],
  }
}
