import { and, eq, isNull } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { Project } from '../../placement/choose-project.ts'
import { isSameSpace } from '../../placement/placement.ts'
import type { ReplicaAbility } from '../../placement/replica-ability.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import { findFreeze } from '../../registry/isolation/isolation-runs.ts'
import { countUnnamedVectors } from '../../registry/usage/unnamed-vectors.ts'
import { isFrozen } from '../../registry/watch/place-watch.ts'
import { hostsWithout } from '../../routing/hosts-without.ts'
import { readRoute } from '../../routing/read-route.ts'
import type { MoveKind } from '../state/move-state.ts'
import { moves } from '../state/moves.sql.ts'
import { type PlaceAndIndex, readPlace } from '../state/read-places.ts'
import { findTargetShard } from './find-target-shard.ts'
import { type Unmet, whyNoModelThere, whyNotThere } from './relocation.ts'
import {
  allowedProjects,
  namedIndex,
  siloProject,
  type TargetSettings,
  targetProjects,
} from './reserve-target-project.ts'
import { otherMetric, spaceOf, type TargetSpec, targetSpec } from './target-spec.ts'

/** A requested move that does not exist yet. */
export interface WantedMove {
  readonly tenantId: TenantId
  readonly kind: MoveKind
  /** For a rebalance or a reembed: the target's shared index, by name. */
  readonly to?: string | undefined
  /** The embedding model of the target, where it is to be another one. */
  readonly model?: string | undefined
  /** Records without a text that may stay behind, up to this number. */
  readonly leaveBehind?: number | undefined
  /** Supplied vectors for records without a text: the id of their file. */
  readonly vectorsFrom?: string | undefined
  /** For a relocation: the region to go to, the Pinecone project, or both. */
  readonly region?: string | undefined
  readonly project?: string | undefined
  /** How much lower the recall may be afterwards, 0 to 1; undefined: the move does not wait for it to be measured. */
  readonly maxRecallLoss?: number | undefined
  /** The batch of an index's tenants that the move belongs to, by id. */
  readonly partOf?: string | undefined
}

/** The registry's facts about a requested move, and the reasons against it; reading them changes nothing. */
export interface Prospect {
  readonly source: PlaceAndIndex
  /** The kind of target, its vectors and its region. */
  readonly spec: TargetSpec
  readonly wanted: IndexRow | undefined
  /** Where the target is a new index: its project; undefined when none takes one. */
  readonly project: Project | undefined
  /** The shared index that it would go to now; undefined for a new one, and when none fits. */
  readonly target: { readonly indexId: number; readonly name: string } | undefined
  /** The constraint that a relocation does not meet; undefined when it meets all. */
  readonly unmet: Unmet | undefined
  /** Every reason against it; a start would report the first. */
  readonly refusals: readonly AppError[]
}

/** @throws AppError `not_found`, `tenant_not_ready`, `invalid_request` for a missing index. */
export async function lookAhead(
  tx: Tx,
  settings: TargetSettings,
  { tenantId, kind, to, model, region: wantedRegion, project: wantedProject, maxRecallLoss }: WantedMove,
): Promise<Prospect> {
  const lookup = await readRoute(tx, tenantId)
  if ('missing' in lookup) {
    if (lookup.missing === 'provisioning')
      throw new AppError('tenant_not_ready', 'The tenant is still being set up.', { retryAfterS: 2 })
    throw new AppError('not_found', 'There is no such tenant.')
  }
  const { route } = lookup.found
  const source = await readPlace(tx, route.routing.active.placeId)
  if (source === undefined) throw new Error(`the routing of ${tenantId} names no place`)
  const wanted = await wantedIndex(tx, settings, kind, to)
  if (kind === 'reembed' && model === undefined) throw fieldFault('model', 'A reembed needs the model to go to.')
  refuseMisplacedFields(settings, { kind, region: wantedRegion, project: wantedProject })
  if (maxRecallLoss !== undefined && model === undefined)
    throw fieldFault('maxRecallLoss', 'Only a move to another model changes the recall.')
  const wish = {
    tenantId,
    kind,
    wantedModel: model ?? null,
    wantedMetric: kind === 'rebalance' ? otherMetric(source.index, wanted) : null,
    wantedRegion: wantedRegion ?? null,
    wantedProject: wantedProject ?? null,
  }
  const spec = await targetSpec(tx, settings, wish, source.index)
  const refusals: AppError[] = []
  const open = await openMove(tx, tenantId)
  if (open !== undefined) {
    const words = `The tenant has an open move: ${open}. Complete, roll back or cancel it first.`
    refusals.push(new AppError('move_in_progress', words))
  }
  if (route.status === 'offboarding') refusals.push(new AppError('conflict', 'The tenant is being offboarded.'))
  if (route.status === 'held') refusals.push(new AppError('conflict', 'The tenant is held after a restore.'))
  const unsealed = whyUnsealed(source.index)
  if (unsealed !== undefined) refusals.push(new AppError('conflict', unsealed))
  if (await isFrozen(tx, source.place.id)) {
    const words = `Somebody else seems to write to the tenant's place: its moves are frozen. See GET /audit?action=place.foreign_write, revoke the key, then: tenant-router indexes seal ${source.index.name}`
    refusals.push(new AppError('conflict', words))
  }
  const freeze = await findFreeze(tx)
  if (freeze !== undefined) {
    const words = `prove-isolation found that a tenant reached another: all moves are frozen. Read its report (tenant-router prove-isolation show ${freeze.id}), mend the cause, then: tenant-router prove-isolation thaw ${freeze.id}`
    refusals.push(new AppError('conflict', words))
  }
  const ability = wish.wantedMetric === null ? abilityOf(kind) : 'metric'
  const older = ability === undefined ? [] : await hostsWithout(tx, ability)
  if (older.length > 0) refusals.push(olderReplicas(ability ?? '', older))
  const misplaced = wrongPlace(kind, source.index)
  if (misplaced !== undefined) refusals.push(new AppError('conflict', misplaced))
  if (model !== undefined) {
    refusals.push(...whyNoTransform(settings, source.index, spec))
    const unnamed = await countUnnamedVectors(tx, tenantId)
    if (unnamed > 0) refusals.push(unnamedVectors(unnamed))
  }
  const unmet = kind === 'relocate' ? whyNotThere(settings, source.index, spec) : undefined
  if (unmet !== undefined) refusals.push(unmet.refusal)
  const nowhere = { source, spec, wanted, project: undefined, target: undefined, unmet, refusals }
  if (unmet !== undefined) return nowhere
  const { space, region } = spec
  if (spec.placeKind === 'silo') {
    const choice = await siloProject(tx, settings, spec)
    if ('project' in choice) return { ...nowhere, project: choice.project }
    refusals.push(choice.refused)
    return { ...nowhere, unmet: { constraint: 'indexes_in_project', refusal: choice.refused } }
  }
  const projects = allowedProjects(settings, spec)
  const target = await findTargetShard(tx, {
    source: source.index,
    space,
    projects,
    region,
    wantedIndexId: wanted?.id ?? null,
  })
  if ('refused' in target) {
    const refusal = new AppError('conflict', target.refused)
    if (misplaced === undefined) refusals.push(refusal)
    return { ...nowhere, unmet: { constraint: 'namespaces_in_index', refusal } }
  }
  return { ...nowhere, target: target.shard }
}

/** @throws AppError `invalid_request` for a region or a project where there can be none, or an unknown project. */
function refuseMisplacedFields(
  settings: TargetSettings,
  { kind, region, project }: Pick<WantedMove, 'kind' | 'region' | 'project'>,
): void {
  if (kind !== 'relocate') {
    if (region !== undefined) throw fieldFault('region', 'Only a relocation takes a region to go to.')
    if (project !== undefined) throw fieldFault('project', 'Only a relocation takes a project to go to.')
    return
  }
  if (region === undefined && project === undefined)
    throw fieldFault('region', 'A relocation needs a region to go to, or a project.')
  const known = targetProjects(settings).map(({ name }) => name)
  if (project !== undefined && !known.includes(project))
    throw fieldFault('project', `No setting names a Pinecone project ${project}. Known: ${known.join(', ')}.`)
}

/** While an older key can write to the source, the change log would miss what it writes. */
function whyUnsealed({ name, adoptedAt, sealedAt }: IndexRow): string | undefined {
  if (adoptedAt === null || sealedAt !== null) return undefined
  return `The tenant is in the adopted index ${name}, which is not sealed: an older key may still write there. Seal it first: tenant-router indexes seal ${name}`
}

function wrongPlace(kind: MoveKind, { kind: place }: IndexRow): string | undefined {
  if (kind === 'promote' && place === 'silo') return 'The tenant has an index of its own already.'
  if (kind === 'demote' && place === 'pool') return 'The tenant is in a shared index already.'
  if (kind === 'rebalance' && place === 'silo') return 'The tenant has an index of its own: demote it instead.'
  return undefined
}

async function openMove(tx: Tx, tenantId: TenantId): Promise<string | undefined> {
  const [open] = await tx
    .select({ id: moves.id })
    .from(moves)
    .where(and(eq(moves.tenantId, tenantId), isNull(moves.endedAt)))
  return open?.id
}

async function wantedIndex(
  tx: Tx,
  settings: TargetSettings,
  kind: MoveKind,
  to: string | undefined,
): Promise<IndexRow | undefined> {
  if (to === undefined) return undefined
  if (kind !== 'rebalance' && kind !== 'reembed')
    throw fieldFault('to', 'Only a rebalance or a reembed takes an index to go to.')
  const index = await namedIndex(tx, settings, to)
  if (index === undefined) throw fieldFault('to', `There is no index ${to}.`)
  return index
}

function fieldFault(path: string, message: string): AppError {
  return new AppError('invalid_request', message, { faults: [{ path, message }] })
}

function abilityOf(kind: MoveKind): ReplicaAbility | undefined {
  return kind === 'reembed' || kind === 'relocate' ? kind : undefined
}

function olderReplicas(ability: string, hosts: readonly string[]): AppError {
  const what = ability === 'metric' ? 'move to another metric' : ability
  const words = `A replica of an older version, which knows no ${what}, is running on ${hosts.join(', ')}. Replace it by this version first: docs/upgrade.md. One that was killed counts until the end of its lease (SESSION_LEASE_S).`
  return new AppError('conflict', words)
}

function unnamedVectors(requests: number): AppError {
  const words = `In the last 7 days ${requests} request(s) of the tenant had vectors that name no model, which nobody can tell from those of another. Let its apps send the header X-Embedding-Model, or give them a key that is bound to their model (tenant-router keys create --model), and wait until none has come for 7 days.`
  return new AppError('conflict', words)
}

/** The reasons against another embedding model (docs/reembedding.md), as far as the registry knows them. */
function whyNoTransform(
  settings: TargetSettings,
  source: IndexRow,
  { space, region }: TargetSpec,
): readonly AppError[] {
  const refusals: AppError[] = []
  const { embeddingModel: old, dimension, metric, name } = source
  const here = spaceOf(source)
  if (isSameSpace(here, space)) {
    refusals.push(new AppError('conflict', `The tenant's vectors are of the model ${old} already.`))
  }
  const elsewhere = whyNoModelThere(settings, space.model, region)
  if (elsewhere !== undefined) refusals.push(new AppError('conflict', elsewhere))
  if (!settings.models?.some((one) => one.name === old && one.dimension === dimension)) {
    const words = `No setting names the model ${old} with ${dimension} dimensions, of index ${name}: nothing could keep the old place up to date for a rollback. Add it to EMBEDDING_MODELS.`
    refusals.push(new AppError('conflict', words))
  }
  if (metric === 'dotproduct' && space.metric !== 'dotproduct') {
    const words = `Index ${name} compares by dotproduct and the model ${space.model} is set to ${space.metric}, which takes no sparse values: they would be lost. Set the model's metric to dotproduct.`
    refusals.push(new AppError('conflict', words))
  }
  return refusals
}
