import { readIndexName, readPlaceName } from '../../placement/naming.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appendAudit } from '../../registry/audit/audit.ts'
import { insertFoundIndex } from '../../registry/found-places.ts'
import { findIndexByName } from '../../registry/indexes.ts'
import { modelTag } from '../../stores/model-tag.ts'
import type { IndexInfo } from '../../stores/store.ts'
import type { StoreFinding } from '../state/finding.ts'
import type { RestoreDeps } from './restore-deps.ts'

/**
 * Takes indexes into the registry that were made after the backup: named and tagged as ours. They take no new tenants
 * until a person reopens them.
 * @returns those whose embedding model, or whose tenant, nothing tells, as findings.
 */
export async function noteIndexes(deps: RestoreDeps, project: string): Promise<readonly StoreFinding[]> {
  const { db, stores, settings, signal } = deps
  const findings: StoreFinding[] = []
  for (const info of await stores.listIndexes(project, { signal })) {
    const named = readIndexName(settings.indexPrefix, info.name)
    const isTagged = info.tags['managed-by'] === 'tenant-router' || info.tags['tenant-router'] !== undefined
    if (named === undefined || !isTagged || !info.ready) continue
    if ((await findIndexByName(db, project, info.name)) !== undefined) continue
    const model = modelOf(info, settings.models)
    const tenantId = named.kind === 'silo' ? await tenantOf(deps, project, info) : undefined
    if (model === undefined || (named.kind === 'silo' && tenantId === undefined)) {
      const tags = Object.entries(info.tags).map((tag) => tag.join('='))
      findings.push({ kind: 'index_unproven', project, index: info.name, detail: { tags, dimension: info.dimension } })
      continue
    }
    await db.transaction(async (tx) => {
      const row = await insertFoundIndex(tx, {
        project,
        name: info.name,
        ...named,
        ...(tenantId && { tenantId }),
        host: info.host,
        cloud: info.place?.cloud ?? 'unknown',
        region: info.place?.region ?? settings.region,
        embeddingModel: model.name,
        dimension: info.dimension,
        metric: model.metric,
        namespaceLimit: named.kind === 'silo' ? 1 : settings.poolNamespaceLimit,
      })
      const detail = { project, index: info.name, model: model.name }
      if (row) await appendAudit(tx, [{ actor: 'system', action: 'index.found', detail }])
    })
  }
  return findings
}

/** The tenant of a silo, by the name of the namespace in it. */
async function tenantOf(
  { stores, signal }: RestoreDeps,
  project: string,
  { name, host }: IndexInfo,
): Promise<TenantId | undefined> {
  const { namespaces } = await stores.listNamespaces({ project, name, host }, {}, { signal })
  const named = namespaces.flatMap((namespace) => readPlaceName(namespace.name) ?? [])
  return named.length === 1 ? named[0]?.tenantId : undefined
}

type Model = RestoreDeps['settings']['models'][number]

/** The model that the index's tag names; without a tag, the only one that fits. */
function modelOf({ tags, dimension, metric }: IndexInfo, models: readonly Model[]): Model | undefined {
  const fitting = models.filter((model) => model.dimension === dimension && model.metric === metric)
  if (tags.model !== undefined) return fitting.find(({ name }) => modelTag(name) === tags.model)
  return fitting.length === 1 ? fitting[0] : undefined
}
