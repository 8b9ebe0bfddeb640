import type { TenantId } from '../../placement/tenant-id.ts'
import type { Attributes, ImportedTenant } from '../../registry/imports/import-tenants.ts'
import type { FieldChanges, FieldValue } from '../../registry/imports/imports.sql.ts'
import type { NewImportRow } from '../../registry/imports/imports.ts'
import { isSalesAttribute } from '../sales-attributes.ts'
import type { Wish } from './wish.ts'

/** The registry's tenants, as the rows may name them. */
export interface KnownTenants {
  readonly byId: ReadonlyMap<string, ImportedTenant>
  readonly byCrmId: ReadonlyMap<string, readonly ImportedTenant[]>
}

const attributesMax = 50

export function knownTenants(tenants: readonly ImportedTenant[]): KnownTenants {
  const living = tenants.filter(({ status }) => status !== 'offboarded')
  return {
    byId: new Map(living.map((tenant) => [tenant.id, tenant])),
    byCrmId: Map.groupBy(
      living.filter(({ attributes }) => attributes.crmId !== undefined),
      ({ attributes }) => String(attributes.crmId),
    ),
  }
}

/** Compares rows with the registry; each is judged, and nothing is changed. */
export function diffRows(wishes: readonly Wish[], known: KnownTenants, isPlatform: boolean): readonly NewImportRow[] {
  const resolved = wishes.map((wish) => ({ wish, ...tenantOf(wish, known) }))
  const lines = Map.groupBy(resolved, ({ tenantId }) => tenantId)
  const crmLines = Map.groupBy(wishes, ({ crmId }) => crmId)
  return resolved.map(({ wish, tenantId, tenant, fault }) => {
    const refuse = (reason: string): NewImportRow => ({
      line: wish.line,
      kind: 'refused',
      tenantId: tenantId ?? null,
      changes: {},
      reason,
    })
    if (fault !== undefined || tenantId === undefined) return refuse(fault ?? 'The row names no tenant.')
    const twin = (lines.get(tenantId) ?? []).find((other) => other.wish !== wish)
    if (twin !== undefined) return refuse(`The tenant stands in line ${twin.wish.line} too: keep one of them.`)
    const isNewCrmId = wish.crmId !== undefined && String(tenant?.attributes.crmId) !== wish.crmId
    const sharer = isNewCrmId ? crmLines.get(wish.crmId)?.find((other) => other !== wish) : undefined
    if (sharer !== undefined) return refuse(`The CRM id stands in line ${sharer.line} too, of another tenant.`)
    const changes = changesOf(wish, tenant)
    const why = refusal(wish, tenant, changes, isPlatform)
    if (why !== undefined) return refuse(why)
    const kind = tenant === undefined ? 'new' : Object.keys(changes).length === 0 ? 'same' : 'changed'
    return { line: wish.line, kind, tenantId, changes, reason: null }
  })
}

interface Resolved {
  readonly tenantId: TenantId | undefined
  readonly tenant: ImportedTenant | undefined
  readonly fault: string | undefined
}

/** A row names its tenant by id; without one, by the CRM id that the tenant has. */
function tenantOf({ id, crmId, fault }: Wish, known: KnownTenants): Resolved {
  const owners = crmId === undefined ? [] : (known.byCrmId.get(crmId) ?? [])
  const words = (reason: string): Resolved => ({ tenantId: id, tenant: undefined, fault: reason })
  if (fault !== undefined) return words(fault)
  if (id !== undefined) {
    const other = owners.find((owner) => owner.id !== id)
    if (other !== undefined) return words(`The CRM id ${crmId} is that of tenant ${other.id}.`)
    return { tenantId: id, tenant: known.byId.get(id), fault: undefined }
  }
  const [owner, second] = owners
  if (owner === undefined) return words(`No tenant has the CRM id ${crmId}. To make one, give it an id.`)
  if (second !== undefined) return words(`Several tenants have the CRM id ${crmId}: ${owner.id}, ${second.id}.`)
  return { tenantId: owner.id, tenant: owner, fault: undefined }
}

function changesOf({ fields }: Wish, tenant: ImportedTenant | undefined): FieldChanges {
  const changes: Record<string, { from: FieldValue; to: FieldValue }> = {}
  for (const [field, to] of fields) {
    const from = tenant === undefined ? null : presentValue(tenant, field)
    if (from === null || String(from) !== to) changes[field] = { from, to }
  }
  return changes
}

/** The present value of a field of an import; null: it has none. */
export function presentValue(
  tenant: Pick<ImportedTenant, 'name' | 'tier' | 'region' | 'attributes'>,
  field: string,
): FieldValue {
  switch (field) {
    case 'name':
      return tenant.name
    case 'tier':
      return tenant.tier
    case 'region':
      return tenant.region
    default:
      return tenant.attributes[nameOf(field)] ?? null
  }
}

function refusal(
  { fields }: Wish,
  tenant: ImportedTenant | undefined,
  changes: FieldChanges,
  isPlatform: boolean,
): string | undefined {
  const foreign = foreignAttributes(changes)
  if (!isPlatform && foreign.length > 0) return `Only the platform team changes ${foreign.join(', ')}.`
  if (tenant === undefined) return fields.has('name') ? undefined : 'The tenant is new, and needs a name.'
  if (tenant.status === 'offboarding') return 'The tenant is being offboarded.'
  if (changes.region !== undefined) return 'The region of a tenant that exists is not changed by an import.'
  const names = new Set([...Object.keys(tenant.attributes), ...attributeNames(changes)])
  return names.size > attributesMax ? `The tenant would have more than ${attributesMax} attributes.` : undefined
}

/** Changed attributes that are not sales’ own. */
export function foreignAttributes(changes: FieldChanges): readonly string[] {
  return attributeNames(changes).filter((name) => !isSalesAttribute(name))
}

function attributeNames(changes: FieldChanges): readonly string[] {
  return Object.keys(changes)
    .filter((field) => field.startsWith('attributes.'))
    .map(nameOf)
}

function nameOf(field: string): string {
  return field.slice('attributes.'.length)
}

/** The attributes after the changes, or, with `back`, before them. */
export function attributesAfter(attributes: Attributes, changes: FieldChanges, back = false): Attributes {
  const after: Record<string, string | number | boolean> = { ...attributes }
  for (const field of Object.keys(changes).filter((one) => one.startsWith('attributes.'))) {
    const value = changes[field]?.[back ? 'from' : 'to'] ?? null
    if (value === null) delete after[nameOf(field)]
    else after[nameOf(field)] = value
  }
  return after
}
