import type { TenantPrincipal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import type { TenantRoute } from '../../placement/phase.ts'
import { isSameSpace, type Placement, type VectorSpace } from '../../placement/placement.ts'
import type { TenantId } from '../../placement/tenant-id.ts'

/** Which model made the vectors of a request. */
export interface NamedVectors {
  /** The header `X-Embedding-Model`; undefined: it names none. */
  readonly model?: string | undefined
}

/** Counts requests with vectors that name no model. */
export interface CountsUnnamed {
  readonly noteUnnamed?: ((tenantId: TenantId) => void) | undefined
}

/**
 * The model that a request names, by its header or by its key.
 * @throws AppError `invalid_request` when they differ.
 */
export function modelOf({ model }: NamedVectors, principal: Pick<TenantPrincipal, 'model'>): string | undefined {
  if (model === undefined || principal.model === undefined || model === principal.model) return model ?? principal.model
  const message = `The key is bound to the model ${principal.model}, and the header names ${model}.`
  throw new AppError('invalid_request', message)
}

/**
 * The route whose active place answers a search by vectors: that of their model (docs/reembedding.md). The old place of
 * a move answers from the fence on; before that the new one is not complete.
 *
 * @throws AppError `conflict` for a model that no place has, or none yet, and where a model has to be named.
 */
export function routeOfVectors(route: TenantRoute, named: string | undefined): TenantRoute {
  const { routing } = route
  const { active } = routing
  const other = otherPlace(route)
  if (named === undefined) {
    mustNotNeedModel(active, other)
    return route
  }
  if (named === active.vectors.model) return route
  if (named !== other?.vectors.model) throw noPlace(active, named)
  if (routing.phase === 'arm' || routing.phase === 'track') {
    const words = `The place of the model ${named} is not complete yet; send vectors of ${active.vectors.model} until the move has switched.`
    throw new AppError('conflict', words, { retryAfterS: 30 })
  }
  return { ...route, routing: { phase: 'steady', epoch: routing.epoch, active: other } }
}

/**
 * The space that the vectors of a write were made for.
 * @throws AppError `conflict` as `routeOfVectors`.
 */
export function spaceOfVectors(route: TenantRoute, named: string | undefined): VectorSpace {
  const { active } = route.routing
  const other = otherPlace(route)
  if (named === undefined) {
    mustNotNeedModel(active, other)
    return active.vectors
  }
  if (named === active.vectors.model) return active.vectors
  if (named === other?.vectors.model) return other.vectors
  throw noPlace(active, named)
}

/** The other place of a move that transforms. */
function otherPlace({ routing }: TenantRoute): Placement | undefined {
  if (routing.phase === 'steady' || isSameSpace(routing.active.vectors, routing.follower.vectors)) return undefined
  return routing.follower
}

function mustNotNeedModel(active: Placement, other: Placement | undefined): void {
  if (other === undefined && active.needsModel !== true) return
  const words = `The tenant has changed its embedding model, or is changing it: name the model of the vectors by the header X-Embedding-Model, as in X-Embedding-Model: ${active.vectors.model}. Nothing was done.`
  throw new AppError('conflict', words)
}

function noPlace({ vectors }: Placement, named: string): AppError {
  return new AppError(
    'conflict',
    `The tenant's vectors are of the model ${vectors.model}; no place of it has vectors of ${named}. Nothing was done.`,
  )
}
