import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { chooseProject, noProjectError, type Project } from '../../placement/choose-project.ts'
import { findIndexByName, type IndexRow } from '../../registry/indexes.ts'
import { countIndexesByProject } from '../../registry/projects.ts'
import type { MoveSettings } from '../sync/step.ts'

export type TargetSettings = Pick<MoveSettings, 'project' | 'region' | 'projectIndexLimit' | 'projects'> &
  Partial<Pick<MoveSettings, 'cloud' | 'models'>>

/**
 * The Pinecone projects permitted for a target, the default one first. The cloud matters only when an index is made.
 */
export function targetProjects({ projects, project, cloud = '', region, projectIndexLimit }: TargetSettings) {
  const alone = { name: project, cloud, region, regions: 'any', holds: ['pool', 'silo'] } as const
  return projects ?? ([{ ...alone, indexLimit: projectIndexLimit }] satisfies readonly Project[])
}

/** The projects that a target's index may be in. */
export function allowedProjects(
  settings: TargetSettings,
  { project }: { readonly project: string | null },
): readonly Project[] {
  const all = targetProjects(settings)
  return project === null ? all : all.filter(({ name }) => name === project)
}

/** The project of a tenant's own index. The answer is reliable under the projects' locks (`lockProjects`). */
export async function siloProject(
  tx: Tx,
  settings: TargetSettings,
  spec: { readonly region: string; readonly project: string | null },
): Promise<{ readonly project: Project } | { readonly refused: AppError }> {
  const wanted = { kind: 'silo', region: spec.region } as const
  const choice = chooseProject(allowedProjects(settings, spec), await countIndexesByProject(tx), wanted)
  return 'none' in choice ? { refused: noProjectError(choice.none, wanted) } : choice
}

/**
 * An index of any of the projects, by its name, or as `project/name` where several have that name; deleted ones are not
 * found.
 * @throws AppError `invalid_request` when the name fits several: projects number their shared indexes alike.
 */
export async function namedIndex(tx: Tx, settings: TargetSettings, name: string): Promise<IndexRow | undefined> {
  const [bare = '', wanted] = name.split('/').toReversed()
  const found: IndexRow[] = []
  for (const project of targetProjects(settings)) {
    if (wanted !== undefined && wanted !== project.name) continue
    const index = await findIndexByName(tx, project.name, bare)
    if (index !== undefined && index.state !== 'deleted') found.push(index)
  }
  if (found.length < 2) return found[0]
  const full = found.map((index) => `${index.project}/${index.name}`).join(' or ')
  throw new AppError('invalid_request', `Several Pinecone projects have an index ${name}: say ${full}.`)
}
