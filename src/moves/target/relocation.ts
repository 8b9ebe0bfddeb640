import { AppError } from '../../errors.ts'
import { chooseProject, noProjectError, type Project, whyMayNotHold } from '../../placement/choose-project.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import type { TargetModel } from '../sync/step.ts'
import { type TargetSettings, targetProjects } from './reserve-target-project.ts'
import type { TargetSpec } from './target-spec.ts'

/** The rule or limit that decides where a relocation may go. */
export const constraints = ['place', 'region', 'project', 'model', 'indexes_in_project', 'namespaces_in_index'] as const

/** The constraint that binds, in words. */
export interface Binding {
  readonly constraint: (typeof constraints)[number]
  readonly words: string
}

/** A constraint that a relocation does not meet, and the caller's error. */
export interface Unmet {
  readonly constraint: Binding['constraint']
  readonly refusal: AppError
}

/**
 * Why a tenant may not be relocated there, whatever capacity there is: it is there already, no project may hold its
 * index there, or its embedding model may not be given texts of that region.
 */
export function whyNotThere(settings: TargetSettings, source: IndexRow, spec: TargetSpec): Unmet | undefined {
  const { region, project, placeKind: kind, space } = spec
  if (source.region === region && (project === null || source.project === project)) {
    const words = `The tenant is in ${source.region}, in the Pinecone project '${source.project}', already.`
    return { constraint: 'place', refusal: new AppError('conflict', words) }
  }
  const all = targetProjects(settings)
  const named = all.find(({ name }) => name === project)
  if (named === undefined) {
    const choice = chooseProject(all, new Map(), { kind, region })
    if ('none' in choice) return { constraint: 'region', refusal: noProjectError(choice.none, { kind, region }) }
  } else {
    const why = whyMayNotHold(named, { kind, region })
    if (why === 'region') {
      const words = `The tenant's records would stay in ${region}, which the Pinecone project '${named.name}' does not serve.`
      const message = `must be a region that it serves: ${servedBy(named).join(', ')}`
      return {
        constraint: 'region',
        refusal: new AppError('conflict', words, { faults: [{ path: 'region', message }] }),
      }
    }
    if (why === 'kind') {
      const what = kind === 'pool' ? 'shared index' : 'index of its own'
      const words = `The Pinecone project '${named.name}' may hold no ${what} in ${region}. The operator sets this in PINECONE_PROJECTS (holds).`
      return { constraint: 'project', refusal: new AppError('conflict', words) }
    }
  }
  const foreign = whyNoModelThere(settings, space.model, region)
  if (foreign === undefined) return undefined
  const words = `${foreign} Give the tenant another model first (tenant-router reembed), or allow the region there.`
  return { constraint: 'model', refusal: new AppError('conflict', words) }
}

/** The regions that a project names, its own first. */
function servedBy({ region, regions }: Project): readonly string[] {
  return [...new Set([region, ...(regions === 'any' ? [] : regions)])]
}

/** Why a model may not be given texts of tenants of a region, in words; undefined when it may. */
export function whyNoModelThere(
  { models = [] }: { readonly models?: readonly Pick<TargetModel, 'name' | 'regions'>[] },
  model: string,
  region: string,
): string | undefined {
  const regions = models.find(({ name }) => name === model)?.regions
  if (regions === undefined || regions.includes(region)) return undefined
  return `The embedding model ${model} may be given no texts of tenants in ${region}: EMBEDDING_MODELS allows ${regions.join(', ')}.`
}
