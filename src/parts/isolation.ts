import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Db } from '../db/connect.ts'
import { readSigningKey } from '../evidence/signing-key.ts'
import { IsolationWorker } from '../isolation/isolation-worker.ts'
import type { Doors } from '../isolation/probe/asker.ts'
import type { ProbedRoute } from '../isolation/probe/probed-route.ts'
import type { StartMoveDeps } from '../moves/start-move.ts'
import type { VectorStore } from '../stores/store.ts'
import type { TenantWork } from '../tenants/onboard/tenant-work.ts'
import { version } from '../version.ts'

/** Parts that a test replaces. */
export interface IsolationOverrides {
  readonly pollMs?: number
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

/** Starts this replica's worker for runs of `prove-isolation`, which asks this replica's own listeners. */
export function openIsolation(
  config: Config,
  { publicApp, adminApp, ...parts }: IsolationParts,
  { pollMs = 2_000, doors = (own) => own }: IsolationOverrides = {},
): AsyncDisposable {
  const own: Doors = {
    public: async (request) => publicApp.fetch(request),
    admin: async (request) => adminApp.fetch(request),
  }
  const { provider, model } = config.answer
  const hasAnswers = provider === 'extractive' || model !== undefined
  const deps = {
    ...parts,
    doors: doors(own),
    version,
    signingKey: config.signingKey === undefined ? undefined : readSigningKey(config.signingKey.reveal()),
    settings: { storeVisibleMs: config.moves.storeVisibleMs, hasAnswers },
  }
  return new IsolationWorker(deps, { leaseMs: 3 * config.moves.sessionLeaseMs, pollMs })
}
