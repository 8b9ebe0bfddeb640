import { hash } from 'node:crypto'
import type { TenantRoute } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'

declare const brand: unique symbol

export const cacheKinds = ['embedding', 'retrieval', 'answer'] as const
export type CacheKind = (typeof cacheKinds)[number]

/** Under what something is kept. It is made from a tenant's route and cannot be built from a bare string. */
export interface TenantScopedKey {
  readonly kind: CacheKind
  readonly tenantId: TenantId
  readonly text: string
  readonly [brand]: 'TenantScopedKey'
}

/** What decides what is found, beside what is stored. */
export interface RetrievalKeyParts {
  /** Where the tenant's reads go now: a move, or a change of the tenant, starts with nothing kept. */
  readonly route: TenantRoute
  readonly embeddingModel: string
  /** Sorted, without doubles, as a principal carries them. */
  readonly groups: readonly string[]
  readonly ask: { readonly query: string } | { readonly vector: readonly number[] }
  /** Canonical JSON of the caller's filter; undefined: none. */
  readonly filter: string | undefined
  /** Everything else of the question, whatever there is: plain JSON values, the keys always in the same order. */
  readonly options: object
}

/** Two requests that may find different things never get the same key: JSON of a list can be read in one way only. */
export function retrievalKey(parts: RetrievalKeyParts): TenantScopedKey {
  return key('retrieval', parts.route, JSON.stringify(retrievalParts(parts)))
}

/** Who writes the answer, and from what words it is asked for. */
export interface WriterKeyParts {
  readonly answerModel: string
  /** Of every word that it is asked in. */
  readonly promptVersion: string
  /** Tokens that the sources may take. */
  readonly contextTokens: number
}

/** The same for an answer written from what was found. */
export function answerKey(parts: RetrievalKeyParts & WriterKeyParts): TenantScopedKey {
  const { answerModel, promptVersion, contextTokens } = parts
  const writer = [answerModel, promptVersion, contextTokens]
  return key('answer', parts.route, JSON.stringify([...retrievalParts(parts), writer]))
}

/** A text's vector hangs on the model alone, so neither a write nor a move makes another of it. */
export function embeddingKey(route: TenantRoute, embeddingModel: string, text: string): TenantScopedKey {
  return key('embedding', route, JSON.stringify([route.tenantId, embeddingModel, text]))
}

function retrievalParts({
  route,
  embeddingModel,
  groups,
  ask,
  filter,
  options,
}: RetrievalKeyParts): readonly unknown[] {
  const { epoch, active } = route.routing
  return [
    ...[route.tenantId, active.placeId, active.generation, epoch, route.tier, embeddingModel],
    'query' in ask ? ask.query : [hashOf(ask.vector)],
    ...[groups, filter ?? null, options],
  ]
}

/** The kind stands in front: one cache may hold several. */
function key(kind: CacheKind, { tenantId }: TenantRoute, text: string): TenantScopedKey {
  return { kind, tenantId, text: `${kind}${text}` } as TenantScopedKey
}

/** Of every bit of every value: a vector itself would make keys of many thousand characters. */
function hashOf(vector: readonly number[]): string {
  return hash('sha256', new Float64Array(vector), 'base64')
}
