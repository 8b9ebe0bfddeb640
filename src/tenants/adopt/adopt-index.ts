import type { StaffPrincipal } from '../../auth/principal.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { noModel, type PlaceKind } from '../../placement/placement.ts'
import type { RecordFields } from '../../placement/record-fields.ts'
import { adoptIndexRow, describeAdopted } from '../../registry/adopted-indexes.ts'
import { listTenantsIn } from '../../registry/adopted-places.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { findIndexByName, type IndexRow } from '../../registry/indexes.ts'
import { lockProjects } from '../../registry/projects.ts'
import { tickRoutings } from '../../routing/change-routing.ts'
import type { IndexInfo } from '../../stores/store.ts'
import { type IndexView, viewOfIndex } from '../indexes/index-view.ts'
import type { TenantWork } from '../onboard/tenant-work.ts'
import { knownProject } from './known-project.ts'

export interface AdoptIndexInput {
  readonly name: string
  /** The Pinecone project that has it; default: the one of the plain variables. */
  readonly project?: string | undefined
  readonly kind: PlaceKind
  /** The configured model that made its vectors; default `none`: only apps make them. */
  readonly model?: string | undefined
  /** Namespaces that it may hold; default: the configured limit of shared indexes, and 1 for a silo. */
  readonly namespaceLimit?: number | undefined
  /** Metadata fields of its records, where they are not ours; absent: as before. */
  readonly fields?: Partial<RecordFields> | undefined
}

export type AdoptIndexDeps = Pick<TenantWork, 'db' | 'stores' | 'settings'>

/**
 * Takes over an index that others made: its host, dimension, metric and region come from the store. Nothing in it is
 * changed, and the router never deletes it. A repeat changes the limit and the fields that it names.
 *
 * @throws AppError `not_found` when the project has no such index; `invalid_request` for a model that no setting names
 *   or whose dimension or metric differs, and for an index that takes no vectors of one's own; `conflict` when this
 *   router or another one made it, or it was adopted differently.
 */
export async function adoptIndex(
  deps: AdoptIndexDeps,
  actor: StaffPrincipal,
  input: AdoptIndexInput,
): Promise<IndexView> {
  const { db, settings } = deps
  const { name, kind, model = noModel } = input
  const project = knownProject(settings, input.project)
  const namespaceLimit = input.namespaceLimit ?? (kind === 'silo' ? 1 : settings.poolNamespaceLimit)
  const info = await deps.stores.describeIndex(project, name)
  if (info === undefined) {
    throw new AppError('not_found', `The Pinecone project '${project}' has no index ${name}.`, {
      shown: true,
    })
  }
  const vectors = vectorsOf(info, model, settings)
  const row = await db.transaction(async (tx) => {
    await lockProjects(tx, [{ name: project }])
    const known = await findIndexByName(tx, project, name)
    if (known !== undefined) return adoptAgain(tx, known, { kind, model, namespaceLimit, fields: input.fields })
    const made = await adoptIndexRow(tx, {
      project,
      name,
      kind,
      host: info.host,
      cloud: info.place?.cloud ?? 'unknown',
      region: info.place?.region ?? settings.region,
      embeddingModel: model,
      ...vectors,
      namespaceLimit,
      fields: input.fields ?? {},
    })
    const detail = { index: name, project, kind, model, dimension: vectors.dimension, metric: vectors.metric }
    await appendAudit(tx, [{ actor, action: 'index.adopt', detail }])
    return made
  })
  return viewOfIndex(row)
}

/** The dimension and metric that the store reports, if the declared model fits them. */
function vectorsOf(
  { name, dimension, metric, ready, takes, tags }: IndexInfo,
  model: string,
  { models }: TenantWork['settings'],
): Pick<IndexRow, 'dimension' | 'metric'> {
  const refuse = (path: string, why: string) =>
    new AppError('invalid_request', `Index ${name} can't be adopted: ${why}.`, { faults: [{ path, message: why }] })
  if (tags['managed-by'] === 'tenant-router' || tags['tenant-router'] !== undefined) {
    throw new AppError('conflict', `Index ${name} belongs to a tenant-router by its tags; it can't be adopted.`)
  }
  if (takes === 'documents') throw refuse('name', 'it is an index of documents, and the router speaks the vector API')
  if (takes === 'texts') throw refuse('name', 'the store embeds for it (integrated embedding); it takes no vectors')
  if (!ready || dimension === 0) throw refuse('name', 'it is not ready, or has no dense vectors')
  if (metric !== 'cosine' && metric !== 'dotproduct') {
    throw refuse('name', `it compares by ${metric}; the router serves cosine and dotproduct`)
  }
  if (model === noModel) return { dimension, metric }
  const found = models.find((one) => one.name === model)
  if (found === undefined) {
    const names = models.map((one) => one.name).join(', ')
    throw refuse('model', `no setting names the model ${model}; these are named: ${names}, or ${noModel}`)
  }
  if (found.dimension !== dimension) {
    throw refuse('model', `it has ${dimension} dimensions, and ${model} makes ${found.dimension}`)
  }
  if (found.metric !== metric) throw refuse('model', `it compares by ${metric}, and ${model} is set to ${found.metric}`)
  return { dimension, metric }
}

async function adoptAgain(
  tx: Tx,
  known: IndexRow,
  {
    kind,
    model,
    namespaceLimit,
    fields,
  }: Pick<AdoptIndexInput, 'kind' | 'fields'> & { model: string; namespaceLimit: number },
): Promise<IndexRow> {
  if (known.adoptedAt === null) {
    throw new AppError('conflict', `Index ${known.name} is one that this router made; there is nothing to adopt.`)
  }
  if (known.kind !== kind || known.embeddingModel !== model) {
    const was = `as a ${known.kind} with the model ${known.embeddingModel}`
    throw new AppError(
      'conflict',
      `Index ${known.name} was adopted ${was}. Undo that first, while nothing was written.`,
    )
  }
  if (namespaceLimit < known.namespacesUsed) {
    const words = `Index ${known.name} has ${known.namespacesUsed} tenants, more than a limit of ${namespaceLimit}.`
    throw new AppError('conflict', words)
  }
  const row = await describeAdopted(tx, known.id, {
    namespaceLimit,
    ...(fields && { fields: { ...known.fields, ...fields } }),
  })
  if (fields !== undefined) await tickRoutings(tx, await listTenantsIn(tx, known.id))
  return row
}
