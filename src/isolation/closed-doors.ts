import type { Canary } from './probe/canary.ts'
import { namedOf, naming } from './probe/naming.ts'
import type { Ask, ProbedRoute } from './probe/probed-route.ts'
import { forSome, judgeAnswer, type Probe } from './read-phase.ts'

/** Has the shape of a tenant key, and is none. */
const noKey = `trk_${'0'.repeat(16)}_${'0'.repeat(64)}`

/**
 * Asks every route of both listeners without a tenant: with no key, with what is none, and with those that name a tenant
 * all the same. Then asks the routes of staff with a canary's key. All of it has to be refused.
 */
export async function closedDoors(probe: Probe, routes: readonly ProbedRoute[]): Promise<void> {
  const [by] = probe.canaries
  if (by === undefined) return
  await forSome(routes, async (route) => {
    for (const key of [undefined, noKey, by.tenantId]) await refused(probe, route, by, {}, key)
    for (const ask of naming({}, namedOf(by))) await refused(probe, route, by, ask, undefined)
    if (route.side === 'admin') await refused(probe, route, by, { params: { id: by.tenantId } }, by.app)
  })
}

async function refused(probe: Probe, route: ProbedRoute, by: Canary, ask: Ask, key: string | undefined): Promise<void> {
  const needsBody = route.method !== 'get' && route.method !== 'delete'
  const whole = { ...ask, ...(needsBody && { body: {} }), namesOther: true, isRefused: 'at the door' } as const
  const answer = await probe.asker.ask(route, whole, key)
  judgeAnswer(probe.exceptions, route, whole, by, probe.canaries, answer)
}
