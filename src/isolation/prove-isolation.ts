import { randomBytes, randomInt } from 'node:crypto'
import type { Db } from '../db/connect.ts'
import type { IsolationReport } from '../evidence/isolation-report.ts'
import type { StartMoveDeps } from '../moves/start-move.ts'
import type { Placement } from '../placement/placement.ts'
import { countCustomers, sampleCustomers } from '../registry/isolation/canary-places.ts'
import type { IsolationOptions } from '../registry/isolation/isolation-runs.sql.ts'
import type { VectorStore } from '../stores/store.ts'
import { closedDoors } from './closed-doors.ts'
import { seed, settle, wipe } from './contents.ts'
import { isolationEntries } from './entries/isolation-entries.ts'
import { type CanaryDeps, makeCanaries, revokeCanaryKeys, revokeKeysOf, withKeys } from './make-canaries.ts'
import { endOwnMoves, movePhase } from './move-phase.ts'
import { Asker, type Doors } from './probe/asker.ts'
import { type Canary, canaryRecordIds, runWords } from './probe/canary.ts'
import { Exceptions } from './probe/exceptions.ts'
import { namedOf } from './probe/naming.ts'
import type { ProbedRoute } from './probe/probed-route.ts'
import { forSome, type Probe, type ProbedEntry, readPhase } from './read-phase.ts'
import { reportOf } from './report.ts'
import { groupsOfWriters } from './write-groups.ts'
import { writeRound } from './write-phase.ts'

export interface ProveIsolationDeps extends CanaryDeps {
  readonly db: Db
  readonly stores: Pick<VectorStore, 'open'>
  readonly doors: Doors
  /** Every route of both listeners that is not open to all, as the router lists it. */
  readonly routes: readonly ProbedRoute[]
  readonly version: string
  readonly moveSettings: StartMoveDeps['settings']
  readonly settings: {
    /** An answered write is shown within this time. */
    readonly storeVisibleMs: number
    /** Whether a model for answers is configured. */
    readonly hasAnswers: boolean
    /** Whether requests come in as callers' do, over proxies and to any replica. */
    readonly isWholeDeployment: boolean
  }
}

export interface ProveIsolationInput {
  readonly runId: string
  readonly options: IsolationOptions
  readonly previous: IsolationReport['previous']
}

/** A run's end from outside, and where it says what it does. */
export interface RunCourse {
  readonly signal: AbortSignal
  onStep(step: string): Promise<void>
}

const oneReplica =
  'PROVE_ISOLATION_URL is not set: the run asked its own replica in its process, not the proxies and the other replicas.'
/** Customers of shared indexes whose names canaries give. */
const pooledCustomers = 2
/** Canaries as which one asks, beside the other one of its shard. */
const othersMax = 5

/**
 * Proves that no tenant sees or changes another, with canaries in every shard that are asked as one another through
 * every route of the deployment. It changes nothing of any customer.
 * @throws Error when the canaries can't be set up; nothing is proven then.
 */
export async function proveIsolation(
  deps: ProveIsolationDeps,
  { runId, options, previous }: ProveIsolationInput,
  { signal, onStep }: RunCourse,
): Promise<IsolationReport> {
  const { db, doors, routes } = deps
  const from = new Date()
  const exceptions = new Exceptions()
  const asker = new Asker(doors, routes, exceptions, signal)
  await endOwnMoves(deps, signal)
  await onStep('onboards canaries')
  const { places, shards, notCovered } = await makeCanaries(deps)
  const tenantIds = places.map(({ tenantId }) => tenantId)
  await revokeCanaryKeys(db, tenantIds)
  const canaries: Canary[] = []
  try {
    const run = runWords(randomBytes(16).toString('hex'))
    for (const place of places) canaries.push(await withKeys(db, run, place))
    if (canaries.length < 2)
      throw new Error(`there are ${canaries.length} canaries, and two are needed: ${notCovered.join(' ')}`)
    const customers = [
      ...(await sampleCustomers(db, 'silo', options.silos)),
      ...(await sampleCustomers(db, 'pool', pooledCustomers)),
    ]
    const { entries, without } = entriesOf(routes, deps.settings.hasAnswers)
    const probe: Probe = {
      asker,
      exceptions,
      canaries,
      entries,
      customers: customers.map((placement) => namedOf({ placement })),
      othersOf: othersOf(canaries),
      settings: { visibleMs: deps.settings.storeVisibleMs },
    }

    await onStep('writes the canaries’ records and documents')
    await forSome(canaries, (one) => wipe(asker, one))
    await forSome(canaries, (one) => seed(asker, one))
    await forSome(canaries, (one) => settle(asker, exceptions, one, 2 * probe.settings.visibleMs))
    await onStep('asks every route without a tenant')
    await closedDoors(probe, routes)
    await onStep('asks canaries as one another through every route that reads')
    await readPhase(probe)
    for (const [i, group] of groupsOfWriters(canaries).entries()) {
      await onStep(`lets canaries write beside one another, round ${i + 1}`)
      // A group and its reverse are one turn: in it each canary writes once.
      await writeRound(probe, group, `rest-${Math.floor(i / 2)}`)
    }
    const unmoved = options.move
      ? await movePhase({ db, settings: deps.moveSettings }, probe, onStep)
      : 'No canary was moved in this run (`--move` does so).'
    await onStep('looks for records of canaries in customers’ places')
    await lookIntoPlaces(deps, probe, customers)
    controls(probe)
    return reportOf({
      runId,
      version: deps.version,
      from,
      exceptions,
      shards,
      customers,
      counts: await countCustomers(db),
      canaries,
      asked: canaries.reduce((sum, one) => sum + probe.othersOf(one).length, 0),
      entries: isolationEntries,
      routes,
      notCovered: [
        ...notCovered,
        ...without,
        ...(unmoved === undefined ? [] : [unmoved]),
        ...(deps.settings.isWholeDeployment ? [] : [oneReplica]),
      ],
      previous,
    })
  } finally {
    for (const canary of canaries) await revokeKeysOf(db, canary)
  }
}

/** The entries of the deployment's routes for tenants; `without`: a sentence for each route that has none. */
function entriesOf(
  routes: readonly ProbedRoute[],
  hasAnswers: boolean,
): { readonly entries: readonly ProbedEntry[]; readonly without: readonly string[] } {
  const entries: ProbedEntry[] = []
  const without: string[] = []
  for (const route of routes) {
    if (route.side !== 'public') continue
    const entry = isolationEntries[route.name]
    if (entry === undefined) without.push(`${route.name}: the route has no isolation entry.`)
    else if (route.name === 'POST /answer' && !hasAnswers) without.push(`${route.name}: no model for answers is set.`)
    else entries.push({ route, entry })
  }
  return { entries, without }
}

/** The other canaries of one's shard, and of the rest all, or some by chance. */
function othersOf(canaries: readonly Canary[]): (by: Canary) => readonly Canary[] {
  const chosen = new Map(
    canaries.map((by) => {
      const others = canaries.filter((one) => one !== by)
      const [near, far] = [others.filter((one) => isBeside(one, by)), others.filter((one) => !isBeside(one, by))]
      while (far.length > othersMax) far.splice(randomInt(far.length), 1)
      return [by, [...near, ...far]] as const
    }),
  )
  return (by) => chosen.get(by) ?? []
}

function isBeside(one: Canary, other: Canary): boolean {
  return one.placement.project === other.placement.project && one.placement.indexName === other.placement.indexName
}

/** Fetches the canaries' ids, which nobody else has, from the sampled customers' places. */
async function lookIntoPlaces(
  { stores }: Pick<ProveIsolationDeps, 'stores'>,
  { canaries, exceptions, asker }: Probe,
  customers: readonly Placement[],
): Promise<void> {
  const ids = [...new Set(canaries.flatMap(canaryRecordIds))]
  for (const placement of customers) {
    const { records } = await stores.open(placement).fetch(ids, { signal: asker.signal })
    if (records.size === 0) continue
    const words = `Its place holds ${records.size} record(s) of canaries.`
    exceptions.add('foreign write', { asker: '', reached: placement.tenantId, words })
  }
}

/** A route none of whose requests was answered with 2xx proves nothing, but where all of them have to be refused. */
function controls({ entries, exceptions, canaries }: Probe): void {
  const [by, other] = canaries
  if (by === undefined || other === undefined) return
  for (const { route, entry } of entries) {
    if (entry.asks(by, other).every(({ isRefused }) => isRefused) || exceptions.requestsOf(route.name).answered > 0)
      continue
    const words = 'None of its requests was answered with success.'
    exceptions.add('unproven', { route: route.name, asker: '', words })
  }
}
