import { hash } from 'node:crypto'
import type { TenantRoute } from '../placement/phase.ts'
import type { TenantId } from '../placement/tenant-id.ts'

declare const brand: unique symbol

/** Under what an answer is kept. It is made from a tenant's route and cannot be built from a bare string. */
export interface TenantScopedKey {
  readonly tenantId: TenantId
  readonly text: string
  readonly [brand]: 'TenantScopedKey'
}

/** Everything that decides an answer, beside what is stored. */
export interface AnswerKeyParts {
  /** Where the tenant's reads go now: a move, or a change of the tenant, starts with no answers. */
  readonly route: TenantRoute
  readonly embeddingModel: string
  /** Sorted, without doubles, as a principal carries them. */
  readonly groups: readonly string[]
  readonly ask: { readonly query: string } | { readonly vector: readonly number[] }
  /** Canonical JSON of the caller's filter; undefined: none. */
  readonly filter: string | undefined
  readonly topK: number
  readonly minScore: number | undefined
  readonly includeValues: boolean
}

/** Two requests that may have different answers never get the same key: JSON of a list can be read in one way only. */
export function answerKey(parts: AnswerKeyParts): TenantScopedKey {
  const { route, ask } = parts
  const { epoch, active } = route.routing
  const text = JSON.stringify([
    ...[route.tenantId, active.placeId, active.generation, epoch, route.tier, parts.embeddingModel],
    'query' in ask ? ask.query : [hashOf(ask.vector)],
    ...[parts.groups, parts.filter ?? null, parts.topK, parts.minScore ?? null, parts.includeValues],
  ])
  return { tenantId: route.tenantId, text } as TenantScopedKey
}

/** Of every bit of every value: a vector itself would make keys of many thousand characters. */
function hashOf(vector: readonly number[]): string {
  return hash('sha256', new Float64Array(vector), 'base64')
}
