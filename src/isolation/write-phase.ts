import { setTimeout as sleep } from 'node:timers/promises'
import { type Contents, differences, readContents, seed, settle, uploadsEnded } from './contents.ts'
import { type Canary, canaryVector } from './probe/canary.ts'
import type { ProbeAnswer } from './probe/judge.ts'
import { namedOf, naming } from './probe/naming.ts'
import type { Ask } from './probe/probed-route.ts'
import { forSome, judgeAnswer, type Probe, type ProbedEntry } from './read-phase.ts'

export interface WriteGroup {
  readonly writers: readonly Canary[]
  readonly bystanders: readonly Canary[]
}

/** An upload of a few words is stored within this time. */
const uploadMs = 60_000

/**
 * Lets the writers write and delete through every route that writes, among it under the bystanders' ids and names, and
 * compares all that the bystanders have before and after. Afterwards the writers have again what they had.
 * @param turn the same for groups none of whose writers is the same: all of them send one `Idempotency-Key`.
 */
export async function writeRound(probe: Probe, { writers, bystanders }: WriteGroup, turn: string): Promise<void> {
  const { asker, exceptions, settings } = probe
  const names = writers.map(({ tenantId }) => tenantId).join(', ')
  const before = new Map<Canary, Contents>()
  await forSome(bystanders, async (one) =>
    before.set(one, await settle(asker, exceptions, one, 2 * settings.visibleMs)),
  )
  await forSome(writers, async (by, i) => {
    const other = bystanders[i % bystanders.length]
    if (other === undefined) return
    await write(probe, by, other, (ask) => !ask.isLast)
    await writeKeyed(probe, by, turn)
    if (!(await uploadsEnded(asker, by, uploadMs))) {
      const words = `Its uploads were not stored within ${uploadMs / 1000} s.`
      exceptions.add('unproven', { route: 'POST /documents', asker: by.tenantId, words })
    }
    await write(probe, by, other, (ask) => ask.isLast === true)
  })
  // A write that went astray shows as late as any other.
  await sleep(settings.visibleMs, undefined, { signal: asker.signal })
  await forSome(bystanders, async (one) => {
    const changed = differences(before.get(one) ?? new Map(), await readContents(asker, one))
    if (changed === '') return
    const words = `It wrote nothing, and its contents changed while others wrote: ${changed}.`
    exceptions.add('foreign write', { asker: names, reached: one.tenantId, words })
  })
  await forSome(writers, (one) => seed(asker, one))
  await forSome(writers, (one) => settle(asker, exceptions, one, 2 * settings.visibleMs))
}

async function write(probe: Probe, by: Canary, other: Canary, isMeant: (ask: Ask) => boolean): Promise<void> {
  for (const { route, entry } of probe.entries) {
    if (entry.kind !== 'writes') continue
    const asks = entry.asks(by, other).filter(isMeant)
    for (const ask of asks) await send(probe, route, ask, by)
    const [first] = asks
    if (first === undefined) continue
    for (const ask of naming(first, namedOf(other))) await send(probe, route, { ...ask, isRefused: 'somehow' }, by)
  }
}

/**
 * The same request with the same `Idempotency-Key` of every canary, each of which sends it once: an answer that was kept
 * is another's.
 */
async function writeKeyed(probe: Probe, by: Canary, turn: string): Promise<void> {
  const route = probe.entries.find(({ route: { name } }) => name === 'POST /vectors/upsert')?.route
  if (route === undefined) return
  const { token } = by.run
  const [id, text] = [`keyed-${turn}-${token}`, `Keyed by all of run ${token}.`]
  const ask: Ask = {
    headers: { 'idempotency-key': `"${token}-${turn}"` },
    body: { vectors: [{ id, values: canaryVector(by), metadata: { text } }] },
    lands: { recordId: id, holds: text },
  }
  const { headers } = await send(probe, route, ask, by)
  if (!headers.includes('idempotency-replayed')) return
  const words = 'Its first request with an Idempotency-Key was given the answer of another tenant’s.'
  probe.exceptions.add('leak', { route: route.name, asker: by.tenantId, words })
}

async function send(probe: Probe, route: ProbedEntry['route'], ask: Ask, by: Canary): Promise<ProbeAnswer> {
  const answer = await probe.asker.ask(route, ask, by.app)
  // What it writes under another's ids is its own.
  const named = { ...ask, namesOther: true, writesAnyId: true } as const
  judgeAnswer(probe.exceptions, route, named, by, probe.canaries, answer)
  if (ask.lands !== undefined && answer.status < 300) await mustLand(probe, route, ask.lands, by)
  return answer
}

/** A write that was answered has to show in the writer's own place; where else it went is not known. */
async function mustLand(
  { asker, exceptions, settings }: Probe,
  { name: route }: ProbedEntry['route'],
  { recordId, holds }: NonNullable<Ask['lands']>,
  by: Canary,
): Promise<void> {
  const endMs = performance.now() + 2 * settings.visibleMs
  for (;;) {
    if ((await asker.need('POST /vectors/fetch', { body: { ids: [recordId] } }, by)).includes(holds)) return
    if (performance.now() >= endMs) break
    await sleep(200, undefined, { signal: asker.signal })
  }
  const words = `Its write was answered as done, and its own place does not show it within ${(2 * settings.visibleMs) / 1000} s: it may have gone elsewhere.`
  exceptions.add('unproven', { route, asker: by.tenantId, words })
}
