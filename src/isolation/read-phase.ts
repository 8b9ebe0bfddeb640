import { setTimeout as sleep } from 'node:timers/promises'
import { allLimited } from '../concurrency/each-limited.ts'
import type { IsolationEntry } from './entries/isolation-entry.ts'
import type { Asker } from './probe/asker.ts'
import type { Canary } from './probe/canary.ts'
import type { Exceptions } from './probe/exceptions.ts'
import { foreignIn, type ProbeAnswer, showsOwn } from './probe/judge.ts'
import { type Named, namedOf, naming } from './probe/naming.ts'
import type { Ask, ProbedRoute } from './probe/probed-route.ts'

export interface ProbedEntry {
  readonly route: ProbedRoute
  readonly entry: IsolationEntry
}

export interface Probe {
  readonly asker: Asker
  readonly exceptions: Exceptions
  readonly canaries: readonly Canary[]
  readonly entries: readonly ProbedEntry[]
  /** Places of customers, which canaries name. */
  readonly customers: readonly Named[]
  /** The canaries as which one asks. */
  othersOf(by: Canary): readonly Canary[]
  readonly settings: {
    /** An answered write is shown within this time. */
    readonly visibleMs: number
  }
}

const atOnce = 4

/** Runs the work for each item, some at once; the first fault ends it. */
export function forSome<T>(items: readonly T[], work: (item: T, i: number) => Promise<unknown>): Promise<void> {
  return allLimited(items.entries(), atOnce, ([i, item]) => work(item, i))
}

/**
 * Asks each canary as the others through every route that reads. Requests that name nobody are the same for all, so a
 * cache that forgets the tenant or its groups answers one canary with what another was answered.
 */
export async function readPhase(probe: Probe): Promise<void> {
  const reading = probe.entries.filter(({ entry }) => entry.kind === 'reads')
  await forSome(probe.canaries, async (by) => {
    for (const { route, entry } of reading) await readRoute(probe, route, entry, by)
  })
}

async function readRoute(probe: Probe, route: ProbedRoute, entry: IsolationEntry, by: Canary): Promise<void> {
  const others = probe.othersOf(by)
  for (const [i, other] of others.entries()) {
    const asks = entry.asks(by, other)
    for (const ask of asks) {
      if (i > 0 && !ask.namesOther) continue
      await read(probe, route, ask, by, false)
      if (ask.isCostly) continue
      await read(probe, route, ask, by, true)
      await read(probe, route, ask, by, false)
    }
    const [first] = asks
    if (first === undefined || first.isCostly) continue
    for (const ask of naming(first, namedOf(other))) await read(probe, route, ask, by, false)
    if (i > 0) continue
    for (const customer of probe.customers)
      for (const ask of naming(first, customer)) await read(probe, route, ask, by, false)
  }
}

async function read(probe: Probe, route: ProbedRoute, ask: Ask, by: Canary, isInsider: boolean): Promise<void> {
  const { asker, exceptions, canaries } = probe
  const key = isInsider ? by.insider : by.app
  const endMs = performance.now() + probe.settings.visibleMs
  for (;;) {
    const answer = await asker.ask(route, ask, key)
    judgeAnswer(exceptions, route, ask, by, canaries, answer, isInsider)
    // The store may show by query later what it shows by id.
    if (!ask.showsOwn || showsOwn(answer, by)) return
    if (performance.now() >= endMs) {
      const words = `It was not shown its own text (status ${answer.status}), so that it sees no other’s proves nothing.`
      exceptions.add('unproven', { route: route.name, asker: by.tenantId, words })
      return
    }
    await sleep(200, undefined, { signal: asker.signal })
  }
}

/** Notes what an answer shows of others, and whether a request passed that has to be refused. */
export function judgeAnswer(
  exceptions: Exceptions,
  { name: route }: ProbedRoute,
  ask: Ask,
  by: Canary,
  all: readonly Canary[],
  answer: ProbeAnswer,
  isInsider = false,
): void {
  const asker = by.tenantId
  for (const { tenant: reached, words } of foreignIn(answer, by, all, ask, isInsider))
    exceptions.add('leak', { route, asker, reached, words })
  const { status } = answer
  if (status === 0 || status >= 500) {
    const words = `Nothing was answered that could be judged (status ${status}).`
    exceptions.add('unproven', { route, asker, words })
  } else if (ask.isRefused === 'at the door' && status !== 401 && status !== 403) {
    const words = `A request of nobody who may call was answered with ${status}; it has to be refused with 401 or 403.`
    exceptions.add('not refused', { route, asker, words })
  } else if (ask.isRefused && status < 400) {
    const words = `A request that names another tenant’s place or ids was answered with ${status}; it has to be refused.`
    exceptions.add('not refused', { route, asker, words })
  }
}
