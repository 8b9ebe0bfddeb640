import { pino } from 'pino'
import type { StaffPrincipal } from '../../src/auth/principal.ts'
import { connect } from '../../src/db/connect.ts'
import type { Placement } from '../../src/placement/placement.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { pineconeStore } from '../../src/stores/pinecone.ts'
import { createTenant } from '../../src/tenants/create-tenant.ts'
import { openTenantWork } from '../../src/tenants/onboard/tenant-work.ts'
import type { TenantSettings } from '../../src/tenants/places/settings.ts'
import { answerQuestions } from './process.ts'
import { quantile } from './statistics.ts'

/** Numbers `from` to `from + count - 1`, requested by concurrent callers one after another. */
interface Load {
  readonly from: number
  readonly count: number
  readonly callers: number
}

export type OnboardOrder = Load &
  (
    | { readonly kind: 'onboard'; readonly namespaceLimit: number }
    /** The baseline of onboarding. */
    | { readonly kind: 'insert' }
    /** The store's part of onboarding alone: by the same adapter, without Postgres. */
    | { readonly kind: 'namespaces'; readonly into: Placement }
  )

export interface OnboardResult {
  readonly seconds: number
  /** Processor time of this process, over all its threads. */
  readonly cpuSeconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const [databaseUrl = '', storeUrl = ''] = process.argv.slice(2)
const project = { name: 'default', apiKey: 'bench', controllerHost: storeUrl }
// As many connections as a replica of the service has.
const database = connect({ url: databaseUrl, max: 10 })
const stores = pineconeStore({ projects: [project] })

const settings: Omit<TenantSettings, 'poolNamespaceLimit'> = {
  projects: [
    { name: project.name, cloud: 'aws', region: 'us-east-1', regions: 'any', holds: ['pool', 'silo'], indexLimit: 20 },
  ],
  region: 'us-east-1',
  indexPrefix: 'bench',
  embeddingModel: 'bench',
  dimension: 4,
  metric: 'cosine',
  models: [],
  storeInDoubtMs: 60_000,
  provisionWaitMs: 30_000,
}

const staff: StaffPrincipal = { kind: 'staff', subject: 'bench', roles: new Set(['platform']) }

/** A replica's onboarding, and its callers: the verb that `POST /tenants` calls, without HTTP. */
answerQuestions((order) => run(order as OnboardOrder))

async function run(order: OnboardOrder): Promise<OnboardResult> {
  if (order.kind === 'insert') {
    const { sql } = database
    return measured(order, async (n) => void (await sql`insert into bare (id, name) values (${idOf(n)}, ${nameOf(n)})`))
  }
  if (order.kind === 'namespaces') {
    return measured(order, async (n) => {
      await stores.open({ ...order.into, namespace: idOf(n) }).createNamespace()
    })
  }
  await using work = openTenantWork({
    db: database.db,
    stores,
    log: pino({ level: 'silent' }),
    settings: { ...settings, poolNamespaceLimit: order.namespaceLimit },
  })
  return await measured(order, async (n) => {
    const { outcome } = await createTenant(work, staff, { id: parseTenantId(idOf(n)), name: nameOf(n) })
    if (outcome !== 'created') throw new Error(`${idOf(n)}: ${outcome}`)
  })
}

async function measured({ from, count, callers }: Load, each: (n: number) => Promise<void>): Promise<OnboardResult> {
  const latencies: number[] = []
  let next = from
  const caller = async () => {
    while (next < from + count) {
      const sentAt = performance.now()
      await each(next++)
      latencies.push(performance.now() - sentAt)
    }
  }
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  }
}

function idOf(n: number): string {
  return `tenant-${n}`
}

function nameOf(n: number): string {
  return `Tenant ${n}`
}
