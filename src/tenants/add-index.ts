import type { StaffPrincipal } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import type { VectorSpace } from '../placement/placement.ts'
import { appendAudit } from '../registry/audit/audit.ts'
import { findIndex } from '../registry/indexes.ts'
import { lockProjects } from '../registry/projects.ts'
import { within } from '../within.ts'
import { type IndexView, viewOfIndex } from './indexes/index-view.ts'
import { openIndex } from './indexes/open-index.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

export interface AddIndexInput {
  readonly region?: string | undefined
  /** The Pinecone project that it is made in; default: the first that may hold it and has quota left. */
  readonly project?: string | undefined
  /** Namespaces that it may hold; default: the configured limit. */
  readonly namespaceLimit?: number | undefined
  /** The embedding model of its tenants; default: that of new tenants. */
  readonly model?: string | undefined
}

/**
 * Opens another shared index before one is needed. Its `state` is `creating` if that takes longer than a caller waits.
 * @throws AppError as `openIndex`, and the store's permanent refusals; nothing is kept then
 */
export async function addIndex(
  deps: Pick<TenantWork, 'db' | 'settings' | 'indexesOpened' | 'indexReady'>,
  actor: StaffPrincipal,
  input: AddIndexInput = {},
): Promise<IndexView> {
  const { db, settings } = deps
  const { region = settings.region, namespaceLimit, model, project } = input
  const space = model === undefined ? undefined : spaceOfModel(settings, model)
  const opened = await db.transaction(async (tx) => {
    await lockProjects(tx, settings.projects)
    const index = await openIndex(tx, settings, { kind: 'pool', region, project, namespaceLimit, space })
    await appendAudit(tx, [
      { actor, action: 'index.add', detail: { index: index.name, project: index.project, region } },
    ])
    return index
  })
  deps.indexesOpened([opened.id])
  const ready = await within(settings.provisionWaitMs, deps.indexReady(opened.id))
  const row = ready ?? (await findIndex(db, opened.id))
  if (row === undefined) throw new AppError('index_limit_reached', `Index ${opened.name} could not be made.`)
  return viewOfIndex(row)
}

function spaceOfModel({ models }: Pick<TenantWork['settings'], 'models'>, name: string): VectorSpace {
  const found = models.find((one) => one.name === name)
  if (found !== undefined)
    return { model: name, dimension: found.dimension, metric: found.metric as VectorSpace['metric'] }
  const message = `No setting names the embedding model ${name}; add it to EMBEDDING_MODELS.`
  throw new AppError('invalid_request', message, { faults: [{ path: 'model', message }] })
}
