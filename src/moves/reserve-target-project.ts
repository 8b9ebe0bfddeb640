import type { Tx } from '../db/connect.ts'
import type { AppError } from '../errors.ts'
import { chooseProject, noProjectError, type Project } from '../placement/choose-project.ts'
import { findIndexByName, type IndexRow } from '../registry/indexes.ts'
import { countIndexesByProject } from '../registry/projects.ts'
import type { MoveSettings } from './step.ts'

export type ProjectSettings = Pick<MoveSettings, 'project' | 'region' | 'projectIndexLimit' | 'projects'> &
  Partial<Pick<MoveSettings, 'cloud'>>

/** The Pinecone projects that a target may be in, the default one first. The cloud matters only to who makes an index. */
export function projectsOf({ projects, project, cloud = '', region, projectIndexLimit }: ProjectSettings) {
  const alone = { name: project, cloud, region, regions: 'any', holds: ['pool', 'silo'] } as const
  return projects ?? ([{ ...alone, indexLimit: projectIndexLimit }] satisfies readonly Project[])
}

/** Where a promoted tenant's index is made. Count under the projects' locks (`lockProjects`) to rely on it. */
export async function siloProject(
  tx: Tx,
  settings: ProjectSettings,
  region: string,
): Promise<{ readonly project: Project } | { readonly refused: AppError }> {
  const wanted = { kind: 'silo', region } as const
  const choice = chooseProject(projectsOf(settings), await countIndexesByProject(tx), wanted)
  return 'none' in choice ? { refused: noProjectError(choice.none, wanted) } : choice
}

/** An index of any of the projects, by its name; those that are gone are not found. */
export async function namedIndex(tx: Tx, settings: ProjectSettings, name: string): Promise<IndexRow | undefined> {
  for (const project of projectsOf(settings)) {
    const found = await findIndexByName(tx, project.name, name)
    if (found !== undefined && found.state !== 'deleted') return found
  }
  return undefined
}
