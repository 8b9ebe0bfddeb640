import type { AdminApi } from './admin-api.ts'
import { CliError } from './exit-code.ts'

/** A tenant as the admin listener returns it, with only the fields used here. */
export interface Tenant {
  readonly id: string
  readonly name: string
  readonly tier: string
  readonly status: string
  readonly limits?: Readonly<Record<string, number>>
  readonly limitsUntil?: string | null
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  readonly awaitingPromotion?: boolean
  readonly inTheWay?: { readonly words: string } | null
  readonly held?: { readonly verdict: string; readonly generation?: number } | null
  readonly placement?: { readonly kind: string; readonly index: string; readonly generation: number } | null
}

export interface AppliedTenant extends Tenant {
  /** Until every replica had applied it; null: some had not within a second. */
  readonly everywhereMs?: number | null
}

/** `, on every replica after 120 ms` */
export function everywhereWords({ everywhereMs }: AppliedTenant): string {
  if (everywhereMs === undefined) return ''
  if (everywhereMs === null) return '; not every replica had applied it within a second, and does so within its lease'
  return `, on every replica after ${everywhereMs} ms`
}

/** Where a tenant's vectors are, as sales says it too. */
export function placeWord({ placement }: Tenant): string {
  return placement == null ? 'nowhere' : placement.kind === 'silo' ? 'dedicated' : 'shared'
}

export function tenantPath(id: string): string {
  return `/tenants/${encodeURIComponent(id)}`
}

export function readTenant(api: AdminApi, id: string): Promise<Tenant> {
  return api.send<Tenant>({ method: 'GET', path: tenantPath(id) })
}

/** `a=1` and the like. @throws CliError `usage` */
export function assignments(words: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return words.map((word) => {
    const at = word.indexOf('=')
    if (at < 1) throw new CliError('usage', `${word} is not of the form name=value.`)
    return [word.slice(0, at), word.slice(at + 1)]
  })
}
