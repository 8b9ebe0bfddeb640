import { AppError } from '../errors.ts'
import type { PlaceKind } from './placement.ts'

/** A Pinecone project of the configuration, as far as choosing one goes. */
export interface Project {
  /** As places name it. */
  readonly name: string
  readonly cloud: string
  /** Where its indexes are made, unless the tenant asks for another that is in `regions`. */
  readonly region: string
  /** Further regions that it may make indexes in. */
  readonly regions: readonly string[] | 'any'
  readonly holds: readonly PlaceKind[]
  /** Indexes it allows. */
  readonly indexLimit: number
}

export interface WantedIndex {
  readonly kind: PlaceKind
  readonly region: string
}

/** Why no project takes a further index: none serves the region, none may hold the kind there, or all such are full. */
export type NoProject =
  | { readonly reason: 'region'; readonly served: readonly string[] }
  | { readonly reason: 'kind' }
  | { readonly reason: 'full'; readonly full: readonly Pick<Project, 'name' | 'indexLimit'>[] }

export type ProjectChoice<P extends Project = Project> = { readonly project: P } | { readonly none: NoProject }

/** Whether the policy lets a project have an index of this kind in this region, room or not. */
function mayHold(project: Project, { kind, region }: WantedIndex): boolean {
  return project.holds.includes(kind) && serves(project, region)
}

/**
 * Where a new index is made: the first project in the order of the configuration (the default one leads it) that may
 * hold it and has quota left.
 * @param counts indexes in use by project; a project that is not in it has none. Count them under the projects' locks.
 */
export function chooseProject<P extends Project>(
  projects: readonly P[],
  counts: ReadonlyMap<string, number>,
  wanted: WantedIndex,
): ProjectChoice<P> {
  const able = projects.filter((project) => mayHold(project, wanted))
  const project = able.find(({ name, indexLimit }) => (counts.get(name) ?? 0) < indexLimit)
  if (project !== undefined) return { project }
  if (able.length > 0) return { none: { reason: 'full', full: able } }
  if (projects.some((one) => serves(one, wanted.region))) return { none: { reason: 'kind' } }
  return { none: { reason: 'region', served: regionsOf(projects) } }
}

/**
 * The shared indexes that a tenant of a region may go into, in the order of the projects: those in the region, of a
 * project whose policy lets it hold shared indexes there.
 */
export function poolOf<S extends { readonly project: string; readonly region: string }>(
  shards: readonly S[],
  projects: readonly Project[],
  region: string,
): readonly S[] {
  return projects
    .filter((project) => mayHold(project, { kind: 'pool', region }))
    .flatMap(({ name }) => shards.filter((shard) => shard.project === name && shard.region === region))
}

/** What a caller is told when there is no project for an index. Nothing was changed by then. */
export function noProjectError(none: NoProject, { kind, region }: WantedIndex): AppError {
  const what = kind === 'pool' ? 'shared index' : 'index of its own'
  switch (none.reason) {
    case 'full': {
      const full = none.full.map(({ name, indexLimit }) => `'${name}' (${indexLimit})`).join(', ')
      const words = `${kind === 'pool' ? 'No shared index has room, and every' : 'Every'} Pinecone project that may hold a further ${what} in ${region} is at its limit of indexes: ${full}. Nothing was changed. Free an index, or raise the limit with the vendor and in PROJECT_INDEX_LIMIT or PINECONE_PROJECTS.`
      return new AppError('index_limit_reached', words)
    }
    case 'kind':
      return new AppError(
        'conflict',
        `No configured Pinecone project may hold ${kind === 'pool' ? 'a' : 'an'} ${what} in ${region}: nothing was changed. The operator says so in PINECONE_PROJECTS (holds).`,
      )
    case 'region': {
      const message = `must be a region that a configured Pinecone project serves: ${none.served.join(', ')}`
      return new AppError('invalid_request', `No configured Pinecone project serves the region ${region}.`, {
        faults: [{ path: 'region', message }],
      })
    }
  }
}

function serves({ region: own, regions }: Project, region: string): boolean {
  return regions === 'any' || own === region || regions.includes(region)
}

function regionsOf(projects: readonly Project[]): readonly string[] {
  return [...new Set(projects.flatMap(({ region, regions }) => [region, ...(regions === 'any' ? [] : regions)]))]
}
