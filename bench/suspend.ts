import { call, startParts, startService } from './harness/parts.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { show, spread } from './harness/statistics.ts'

const replicaCount = 3

interface Switched {
  readonly everywhereMs: number | null
}

/**
 * Time until every replica has applied a suspension or resumption: as the answer says it (`everywhereMs`), and the whole
 * call as its caller waits for it. Nothing else runs on the replicas.
 */
export async function suspend({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using parts = await startParts({ pin: false })
  await using stack = new AsyncDisposableStack()
  const services = []
  for (let n = 0; n < replicaCount; n += 1) services.push(stack.use(await startService(parts)))
  const staff = await parts.issuer.staffToken()
  const [first] = services
  if (first === undefined) throw new Error('no replica')
  await call('POST', `${first.adminUrl}/tenants`, { id: 'acme', name: 'acme' }, staff)
  const rounds = quick ? 50 : 200
  say(`${rounds} suspensions and ${rounds} resumptions over ${replicaCount} replicas`)
  const applied: number[] = []
  const waited: number[] = []
  let late = 0
  for (let round = 0; round < rounds; round += 1) {
    const service = services[round % services.length] ?? first
    for (const verb of ['suspend', 'resume']) {
      const begun = performance.now()
      const { everywhereMs } = (await call('POST', `${service.adminUrl}/tenants/acme/${verb}`, {}, staff)) as Switched
      waited.push(performance.now() - begun)
      if (everywhereMs === null) late += 1
      else applied.push(everywhereMs)
    }
  }
  const worst = late > 0 ? 1_000 : Math.max(...applied)
  return {
    bench: 'suspend',
    rows: [
      ['applied by every replica after, ms', show(spread(applied), 0)],
      ['the slowest of them, ms', worst.toFixed(0)],
      ['the whole call, ms', show(spread(waited), 0)],
      ['not applied within a second', String(late)],
    ],
    goals: [{ what: 'the slowest, ms', value: worst, limit: 1_000, sense: 'at most' }],
  }
}
