import { randomBytes } from 'node:crypto'
import type { StaffPrincipal } from '../auth/principal.ts'
import { parseTenantKey } from '../auth/tenant-key.ts'
import type { Db } from '../db/connect.ts'
import type { Placement } from '../placement/placement.ts'
import { canaryPrefix, parseTenantId, type TenantId } from '../placement/tenant-id.ts'
import type { IndexRow } from '../registry/indexes.ts'
import { listCanaryPlaces, listCanaryTenants, listReadyShards } from '../registry/isolation/canary-places.ts'
import { isOutOfCapacity, reservePlaces } from '../registry/reserve-places.ts'
import { createKey } from '../tenants/keys/create-key.ts'
import { listKeys } from '../tenants/keys/list-keys.ts'
import { revokeKey } from '../tenants/keys/revoke-key.ts'
import type { TenantWork } from '../tenants/onboard/tenant-work.ts'
import { type Canary, canaryOf, hiddenGroup, type RunWords } from './probe/canary.ts'

/** The actor of what a run does: no token has such a subject. */
export const isolationActor = {
  kind: 'staff',
  subject: 'system:isolation',
  roles: new Set(['platform'] as const),
} as const satisfies StaffPrincipal

/** Two can be told apart within a shard. */
const canariesAShard = 2
/** Longer than any run; whatever becomes of the run, its keys end. */
const keyLifeS = 86_400
/** Ids tried in a shard; staff may have offboarded or suspended some. */
const idsMax = 20

export interface CanaryDeps {
  readonly db: Db
  readonly tenantWork: Pick<TenantWork, 'provision'>
}

export interface CanaryPlaces {
  readonly places: readonly Placement[]
  readonly shards: readonly IndexRow[]
  /** A sentence for each shard without two canaries. */
  readonly notCovered: readonly string[]
}

/** Finds two canaries in each shared index at work, and onboards those that are missing. */
export async function makeCanaries({ db, tenantWork }: CanaryDeps): Promise<CanaryPlaces> {
  const shards = await listReadyShards(db)
  const notCovered: string[] = []
  for (const shard of shards) {
    if ((await placesIn(db, shard)).length < canariesAShard) await onboardInto(db, tenantWork, shard)
  }
  const places: Placement[] = []
  for (const shard of shards) {
    const found = (await placesIn(db, shard)).slice(0, canariesAShard)
    places.push(...found)
    if (found.length === canariesAShard) continue
    const why =
      shard.full || shard.namespacesUsed >= shard.namespaceLimit
        ? 'it is full'
        : shard.draining
          ? 'it is being drained'
          : 'they could not be onboarded'
    notCovered.push(`Index ${shard.name} has ${found.length} of ${canariesAShard} canaries: ${why}.`)
  }
  return { places, shards, notCovered }
}

async function placesIn(db: Db, shard: IndexRow): Promise<readonly Placement[]> {
  const all = await listCanaryPlaces(db)
  return all.filter(({ project, indexName }) => project === shard.project && indexName === shard.name)
}

async function onboardInto(db: Db, tenantWork: CanaryDeps['tenantWork'], shard: IndexRow): Promise<void> {
  const known = new Map((await listCanaryTenants(db)).map(({ id, status }) => [id, status]))
  const have = (await placesIn(db, shard)).length
  let missing = canariesAShard - have
  for (let n = 1; missing > 0 && n <= idsMax; n++) {
    const id = parseTenantId(`${canaryPrefix}${shard.id}_${n}`)
    const status = known.get(id)
    if (status === 'provisioning') await tenantWork.provision(id)
    else if (status !== undefined && status !== 'offboarded') continue
    else if (!(await reserveIn(db, tenantWork, id, shard))) return
    missing -= 1
  }
}

/** @returns whether the shard had capacity. */
async function reserveIn(
  db: Db,
  tenantWork: CanaryDeps['tenantWork'],
  id: TenantId,
  shard: IndexRow,
): Promise<boolean> {
  const tenant = {
    id,
    name: `Canary in ${shard.name}`,
    tier: 'standard',
    region: null,
    limits: {},
    attributes: {},
    initialKind: 'pool',
  } as const
  try {
    const [reservation] = await reservePlaces(db, [{ tenant, actor: isolationActor, indexId: shard.id }])
    if (reservation !== undefined) await tenantWork.provision(id, reservation)
    return true
  } catch (error) {
    if (isOutOfCapacity(error)) return false
    throw error
  }
}

/** Makes keys for the run, which `revokeKeysOf` ends. */
export async function withKeys(db: Db, run: RunWords, placement: Placement): Promise<Canary> {
  const { tenantId } = placement
  const key = async (name: string, more: Pick<Parameters<typeof createKey>[3], 'scopes' | 'groups'>) =>
    (await createKey({ db }, isolationActor, tenantId, { name, expiresInS: keyLifeS, ...more })).key
  const app = await key('prove-isolation', { scopes: ['rag:read', 'rag:write'] })
  const insider = await key('prove-isolation, insider', { scopes: ['rag:read'], groups: [hiddenGroup] })
  const random = () => randomBytes(16).toString('hex')
  const secrets = { handle: random(), secret: `secret${random()}`, hidden: `hidden${random()}` }
  return canaryOf(run, placement, { app, insider }, secrets)
}

/** Ends the keys of a canary's run, and no others: another replica may have begun the run anew. */
export async function revokeKeysOf(db: Db, { tenantId, app, insider }: Canary): Promise<void> {
  for (const key of [app, insider]) {
    const id = parseTenantKey(key)?.id
    if (id !== undefined) await revokeKey({ db }, isolationActor, tenantId, id)
  }
}

/** Revokes every key of these canaries: those that a run left which did not end. */
export async function revokeCanaryKeys(db: Db, tenantIds: readonly TenantId[]): Promise<void> {
  for (const tenantId of tenantIds) {
    for (const { id, state } of await listKeys({ db }, tenantId))
      if (state === 'active') await revokeKey({ db }, isolationActor, tenantId, id)
  }
}
