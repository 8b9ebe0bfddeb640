import type { Db } from '../../db/connect.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import { countIndexesByProject } from '../../registry/projects.ts'
import type { MoveSettings } from '../sync/step.ts'
import type { Prospect } from '../target/plan-refusals.ts'
import { targetProjects } from '../target/reserve-target-project.ts'
import type { MovePlan } from './plan-view.ts'

/** Indexes of the project that gains or loses one, and namespaces of the shared index. */
export async function quotaOf(
  db: Db,
  { source, spec, project }: Prospect,
  chosen: IndexRow | undefined,
  settings: MoveSettings,
): Promise<MovePlan['quota']> {
  const isElsewhere = spec.project !== null || spec.region !== source.index.region
  const isNew = spec.placeKind === 'silo'
  const name = isNew
    ? (project?.name ?? spec.project ?? settings.project)
    : ((isElsewhere ? chosen?.project : undefined) ?? source.index.project)
  const limit = targetProjects(settings).find((one) => one.name === name)?.indexLimit ?? settings.projectIndexLimit
  const used = (await countIndexesByProject(db)).get(name) ?? 0
  // A tenant's own index is deleted when the move ends; one in another project gives nothing back there.
  const givesBack = source.index.kind === 'silo' && source.index.project === name
  const change = (isNew ? 1 : 0) - (givesBack ? 1 : 0)
  const indexes = { name: 'indexes_in_project', used, afterwards: used + change, limit } as const
  if (isNew || chosen === undefined) return [indexes]
  const { namespacesUsed, namespaceLimit } = chosen
  const namespaces = { used: namespacesUsed, afterwards: namespacesUsed + 1, limit: namespaceLimit }
  return [indexes, { name: 'namespaces_in_index', ...namespaces }]
}
