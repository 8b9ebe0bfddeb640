import type { Config } from '../config/config.ts'
import type { Database } from '../db/connect.ts'
import type { LeasedRoutes } from '../routing/lease/leased-routes.ts'
import type { VectorStore } from '../stores/store.ts'
import { anyProjectAnswers } from './adapters.ts'

interface CheckedParts {
  readonly database: Database
  readonly routes: Pick<LeasedRoutes, 'isReady'>
  readonly stores: VectorStore
  readonly pinecone: Config['pinecone']
}

/** Checks that `/readyz` makes of this replica, by name; each throws when it is not so. */
export function readinessChecks({ database, routes, stores, pinecone }: CheckedParts) {
  return {
    postgres: async () => void (await database.sql`select 1`),
    lease: () => {
      if (!routes.isReady()) throw new Error('the lease of this replica is over')
    },
    store: async (signal: AbortSignal) => anyProjectAnswers(stores, pinecone, signal),
  }
}
