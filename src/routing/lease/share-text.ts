import type { Routing, TenantRoute } from '../../placement/phase.ts'
import type { Placement, VectorSpace } from '../../placement/placement.ts'

/**
 * Makes cached routes share equal strings and vector spaces. Each row from the driver has its own copy of an index's name and host, which
 * together are larger than the rest of a route.
 */
export class SharedText {
  readonly #known = new Map<string, string>()
  readonly #spaces = new Map<string, VectorSpace>()

  route(route: TenantRoute): TenantRoute {
    const { tenantId, status, tier, routing, limits, limitsUntilMs, adopted } = route
    const shared = { status: this.#one(status), tier: this.#one(tier), routing: this.#routing(routing, tenantId) }
    // Few have limits of their own or were adopted; the others' routes are kept as small as they can be.
    if (limits === undefined && adopted === undefined) return { tenantId, ...shared }
    return {
      tenantId,
      ...shared,
      ...(limits !== undefined && { limits }),
      ...(limitsUntilMs !== undefined && { limitsUntilMs }),
      ...(adopted !== undefined && { adopted }),
    }
  }

  #routing(routing: Routing, tenantId: TenantRoute['tenantId']): Routing {
    // The others are few, and gone soon.
    if (routing.phase !== 'steady') return routing
    return { phase: 'steady', epoch: routing.epoch, active: this.#placement(routing.active, tenantId) }
  }

  #placement(place: Placement, tenantId: TenantRoute['tenantId']): Placement {
    const { placeId, project, indexName, indexHost, namespace, generation, kind, vectors, needsModel } = place
    return {
      placeId,
      tenantId,
      project: this.#one(project),
      // An index of one tenant is nobody else's.
      indexName: kind === 'silo' ? indexName : this.#one(indexName),
      indexHost: kind === 'silo' ? indexHost : this.#one(indexHost),
      namespace,
      generation,
      kind: this.#one(kind),
      vectors: this.#space(vectors),
      ...(needsModel === true && { needsModel }),
    }
  }

  #space(space: VectorSpace): VectorSpace {
    const key = `${space.dimension} ${space.metric} ${space.model}`
    const known = this.#spaces.get(key)
    if (known !== undefined) return known
    this.#spaces.set(key, space)
    return space
  }

  #one<T extends string>(text: T): T {
    const known = this.#known.get(text)
    if (known !== undefined) return known as T
    this.#known.set(text, text)
    return text
  }
}
