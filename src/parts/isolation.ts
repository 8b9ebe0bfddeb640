import type { Logger } from 'pino'
import { startRounds } from '../concurrency/rounds.ts'
import type { Config } from '../config/config.ts'
import type { Db } from '../db/connect.ts'
import { IsolationWorker } from '../isolation/isolation-worker.ts'
import type { Doors } from '../isolation/probe/asker.ts'
import type { ProbedRoute } from '../isolation/probe/probed-route.ts'
import { startDueRun } from '../isolation/start-run.ts'
import type { StartMoveDeps } from '../moves/start-move.ts'
import type { VectorStore } from '../stores/store.ts'
import type { TenantWork } from '../tenants/onboard/tenant-work.ts'
import { version } from '../version.ts'
import { signingOf } from './signing.ts'

/** Parts that a test replaces. */
export interface IsolationOverrides {
  readonly pollMs?: number
  /** Pause between two looks whether a run is due. Default a minute. */
  readonly scheduleMs?: number
  /** Stands between a run and the listeners. */
  readonly doors?: (own: Doors) => Doors
}

interface App {
  fetch(request: Request): Response | Promise<Response>
}

export interface IsolationParts {
  readonly db: Db
  readonly stores: VectorStore
  readonly tenantWork: TenantWork
  readonly moveSettings: StartMoveDeps['settings']
  readonly log: Logger
  readonly publicApp: App
  readonly adminApp: App
  readonly routes: readonly ProbedRoute[]
}

/** Starts this replica's worker for runs of `prove-isolation`, and its schedule. */
export function openIsolation(
  config: Config,
  { publicApp, adminApp, ...parts }: IsolationParts,
  { pollMs = 2_000, scheduleMs = 60_000, doors = (own) => own }: IsolationOverrides = {},
): AsyncDisposable {
  const { everyMs, url } = config.isolation
  const own: Doors = {
    public: url === undefined ? async (request) => publicApp.fetch(request) : (request) => fetch(at(url, request)),
    // No proxy that serves tenants has the way to the admin listener.
    admin: async (request) => adminApp.fetch(request),
  }
  const { provider, model } = config.answer
  const hasAnswers = provider === 'extractive' || model !== undefined
  const deps = {
    ...parts,
    doors: doors(own),
    version,
    signingKey: signingOf(config).signingKey,
    settings: { storeVisibleMs: config.moves.storeVisibleMs, hasAnswers, isWholeDeployment: url !== undefined },
  }
  const opened = new AsyncDisposableStack()
  opened.use(new IsolationWorker(deps, { leaseMs: 3 * config.moves.sessionLeaseMs, pollMs }))
  const onFault = (error: unknown) => parts.log.warn({ err: error }, 'a run of prove-isolation could not be scheduled')
  const round = () => startDueRun(parts, everyMs)
  if (everyMs > 0)
    opened.use(startRounds(round, { everyMs: scheduleMs, spreadMs: scheduleMs / 4, first: 'later', onFault }))
  return opened
}

/** The same request to the deployment's public address. */
function at(url: string, request: Request): Request {
  const { pathname, search } = new URL(request.url)
  const base = url.replace(/\/$/, '')
  return new Request(`${base}${pathname}${search}`, new Request(request, { redirect: 'manual' }))
}
