import { AppError } from '../errors.ts'
import type { PlaceKind } from './placement.ts'

/** The fields of a configured Pinecone project that the choice uses. */
export interface Project {
  /** The name that places store. */
  readonly name: string
  readonly cloud: string
  /** The default region of its indexes; a tenant may ask for one of `regions` instead. */
  readonly region: string
  /** Additional regions for indexes. */
  readonly regions: readonly string[] | 'any'
  readonly holds: readonly PlaceKind[]
  /** Indexes that the project allows. */
  readonly indexLimit: number
}

export interface WantedIndex {
  readonly kind: PlaceKind
  readonly region: string
}

/**
 * Why no project takes another index: none serves the region, none may hold the kind there, or all that may are full.
 */
export type NoProject =
  | { readonly reason: 'region'; readonly served: readonly string[] }
  | { readonly reason: 'kind' }
  | { readonly reason: 'full'; readonly full: readonly Pick<Project, 'name' | 'indexLimit'>[] }

export type ProjectChoice<P extends Project = Project> = { readonly project: P } | { readonly none: NoProject }

/** Whether policy lets the project hold an index of this kind in this region, regardless of quota. */
function mayHold(project: Project, wanted: WantedIndex): boolean {
  return whyMayNotHold(project, wanted) === undefined
}

/** Why policy keeps an index of this kind in this region from the project; undefined when it does not. */
export function whyMayNotHold(project: Project, { kind, region }: WantedIndex): 'region' | 'kind' | undefined {
  if (!serves(project, region)) return 'region'
  return project.holds.includes(kind) ? undefined : 'kind'
}

/**
 * Chooses the project of a new index: the first in configuration order (the default one leads) that may hold it and has
 * quota left.
 * @param counts indexes in use by project; absent means none. Count them under the projects' locks.
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
 * The shared indexes for tenants of a region, in the order of the projects: those in the region whose project may hold
 * shared indexes there.
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

/** The caller's error when no project takes an index. Nothing was changed. */
export function noProjectError(none: NoProject, { kind, region }: WantedIndex): AppError {
  const what = kind === 'pool' ? 'shared index' : 'index of its own'
  switch (none.reason) {
    case 'full': {
      const full = none.full.map(({ name, indexLimit }) => `'${name}' (${indexLimit})`).join(', ')
      const words = `${kind === 'pool' ? 'No shared index has capacity, and every' : 'Every'} Pinecone project that may hold a further ${what} in ${region} is at its limit of indexes: ${full}. Nothing was changed. Free an index, or raise the limit with the vendor and in PROJECT_INDEX_LIMIT or PINECONE_PROJECTS.`
      return new AppError('index_limit_reached', words)
    }
    case 'kind':
      return new AppError(
        'conflict',
        `No configured Pinecone project may hold ${kind === 'pool' ? 'a' : 'an'} ${what} in ${region}: nothing was changed. The operator sets this in PINECONE_PROJECTS (holds).`,
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
