import type { PlaceKind } from '../placement/placement.ts'
import { countIndexesByProject } from '../registry/projects.ts'
import type { TenantWork } from './onboard/tenant-work.ts'

/** A Pinecone project of the settings, as staff see it. */
export interface ProjectView {
  readonly name: string
  readonly cloud: string
  /** Regions that it serves, the one of its new indexes first. */
  readonly regions: readonly string[]
  /** Whether it serves every other region too. */
  readonly anyRegion: boolean
  /** The kinds of index that it may hold. */
  readonly holds: readonly PlaceKind[]
  readonly indexes: number
  readonly indexLimit: number
}

/** The Pinecone projects of the settings, the default one first, with the indexes that each has in use. */
export async function listProjects({
  db,
  settings,
}: Pick<TenantWork, 'db' | 'settings'>): Promise<readonly ProjectView[]> {
  const counts = await countIndexesByProject(db)
  return settings.projects.map(({ name, cloud, region, regions, holds, indexLimit }) => ({
    name,
    cloud,
    regions: [...new Set([region, ...(regions === 'any' ? [] : regions)])],
    anyRegion: regions === 'any',
    holds,
    indexes: counts.get(name) ?? 0,
    indexLimit,
  }))
}
