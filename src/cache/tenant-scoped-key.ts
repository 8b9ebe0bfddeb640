import { hash } from 'node:crypto'
import type { TenantRoute } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'

declare const brand: unique symbol

export const cacheKinds = ['embedding', 'retrieval', 'answer'] as const
export type CacheKind = (typeof cacheKinds)[number]

/** A cache key. It is made from a tenant's route, never from a bare string. */
export interface TenantScopedKey {
  readonly kind: CacheKind
  readonly tenantId: TenantId
  readonly text: string
  readonly [brand]: 'TenantScopedKey'
}

/** Everything that decides a search's result, apart from what is stored. */
export interface RetrievalKeyParts {
  /** Where the tenant's reads go: a move or a change of the tenant starts with an empty cache. */
  readonly route: TenantRoute
  /** Sorted and without duplicates, as a principal carries them. */
  readonly groups: readonly string[]
  readonly ask: { readonly query: string } | { readonly vector: readonly number[] }
  /** Canonical JSON of the caller's filter; undefined when there is none. */
  readonly filter: string | undefined
  /** All other options of the question: plain JSON values, the keys always in the same order. */
  readonly options: object
}

/** Requests that may find different things never share a key: a JSON list can be parsed in only one way. */
export function retrievalKey(parts: RetrievalKeyParts): TenantScopedKey {
  return key('retrieval', parts.route, JSON.stringify(retrievalParts(parts)))
}

/** The answer model and its prompt. */
export interface WriterKeyParts {
  readonly answerModel: string
  /** Version of the whole prompt's wording. */
  readonly promptVersion: string
  /** Token budget of the sources. */
  readonly contextTokens: number
}

/** The key of an answer: the search's key and the writer's. */
export function answerKey(parts: RetrievalKeyParts & WriterKeyParts): TenantScopedKey {
  const { answerModel, promptVersion, contextTokens } = parts
  const writer = [answerModel, promptVersion, contextTokens]
  return key('answer', parts.route, JSON.stringify([...retrievalParts(parts), writer]))
}

/** The key of a text's vector. Only the model decides the vector, so writes and moves do not change it. */
export function embeddingKey(route: TenantRoute, text: string): TenantScopedKey {
  return key('embedding', route, JSON.stringify([route.tenantId, route.routing.active.vectors.model, text]))
}

function retrievalParts({ route, groups, ask, filter, options }: RetrievalKeyParts): readonly unknown[] {
  const { epoch, active } = route.routing
  return [
    route.tenantId,
    active.placeId,
    active.generation,
    epoch,
    route.tier,
    active.vectors.model,
    'query' in ask ? ask.query : [hashOf(ask.vector)],
    groups,
    filter ?? null,
    options,
  ]
}

/** The kind comes first, since one cache may hold several. */
function key(kind: CacheKind, { tenantId }: TenantRoute, text: string): TenantScopedKey {
  return { kind, tenantId, text: `${kind}${text}` } as TenantScopedKey
}

/** Hashes every bit of every value: a vector itself would make keys of many thousand characters. */
function hashOf(vector: readonly number[]): string {
  return hash('sha256', new Float64Array(vector), 'base64')
}
