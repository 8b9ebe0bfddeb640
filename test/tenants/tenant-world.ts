import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import type { Role, StaffPrincipal } from '../../src/auth/principal.ts'
import { connect } from '../../src/db/connect.ts'
import type { Project } from '../../src/placement/choose-project.ts'
import { parseTenantId, type TenantId } from '../../src/placement/tenant-id.ts'
import type { VectorStore } from '../../src/stores/store.ts'
import { openTenantWork, type TenantWork } from '../../src/tenants/onboard/tenant-work.ts'
import type { TenantSettings } from '../../src/tenants/places/settings.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type LocalStores, localStores } from '../support/local-stores.ts'

export const platform: StaffPrincipal = staff('platform')
export const sales: StaffPrincipal = staff('sales')

function staff(role: Role): StaffPrincipal {
  return { kind: 'staff', subject: `${role}@example.com`, roles: new Set([role]) }
}

export function id(text: string): TenantId {
  return parseTenantId(text)
}

/** The project of a world, as the plain variables would tell of it. */
export function project(change: Partial<Project> = {}): Project {
  return {
    name: 'default',
    cloud: 'aws',
    region: 'us-east-1',
    regions: 'any',
    holds: ['pool', 'silo'],
    indexLimit: 20,
    ...change,
  }
}

export interface TenantWorld extends AsyncDisposable {
  readonly home: TestDatabase
  readonly local: LocalStores
  /** A replica with connections of its own. */
  replica(change?: Partial<TenantSettings>, wrap?: (store: VectorStore) => VectorStore): TenantWork
}

/** One registry and one vector store, with any number of replicas over them. */
export const TenantWorld = { open }

async function open(defaults: Partial<TenantSettings> = {}): Promise<TenantWorld> {
  const home = await testDatabase()
  const local = await localStores()
  const opened: AsyncDisposable[] = []
  const indexPrefix = `t${randomBytes(3).toString('hex')}`
  return {
    home,
    local,
    replica(change = {}, wrap = (store) => store) {
      const connection = connect({ url: home.url, max: 6 })
      const work = openTenantWork({
        db: connection.db,
        stores: wrap(local.connect()),
        log: pino({ level: 'silent' }),
        settings: {
          projects: [project()],
          region: 'us-east-1',
          indexPrefix,
          poolNamespaceLimit: 7,
          embeddingModel: 'test-model',
          dimension: 3,
          metric: 'cosine',
          models: [],
          storeInDoubtMs: 1000,
          provisionWaitMs: 20_000,
          pollMs: 20,
          ...defaults,
          ...change,
        },
      })
      opened.push(work, connection)
      return work
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one[Symbol.asyncDispose]()
      await local[Symbol.asyncDispose]()
      await home[Symbol.asyncDispose]()
    },
  }
}
