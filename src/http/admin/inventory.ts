import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { InventoryRule } from '../../placement/inventory-rule.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { beginInventory } from '../../tenants/adopt/inventory/begin-inventory.ts'
import { showInventory } from '../../tenants/adopt/inventory/inventory-view.ts'
import type { TenantWork } from '../../tenants/onboard/tenant-work.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { metadataField } from './adoption.ts'

const tag = 'adoption'
const path = '/tenants/{id}/inventory'
const ofTenant = z.object({ id: z.string() })

const inventory = z
  .object({
    tenantId: z.string(),
    state: z.enum(['building', 'ready']),
    documentField: z.string().nullable(),
    idPattern: z.string().nullable(),
    records: z.int().describe('Looked at so far.'),
    documents: z.int(),
    changed: z.int().describe('Documents that the app wrote through the router since the inventory began.'),
    unnamed: z
      .int()
      .describe('Records that name no document: without the field, or with other ids than the pattern’s.'),
    unusable: z.int().describe('Records whose document’s name can’t be the id of a document.'),
    reserved: z.int().describe('Records of the app with an id or a metadata key that begins with `_tr`.'),
    reservedExamples: z
      .array(z.object({ id: z.string(), key: z.string().nullable() }))
      .describe('The first five of them; `key` is null where it is the id.'),
    changedAt: z.iso
      .datetime()
      .nullable()
      .describe('The app’s last write since then whose documents are not known, as a delete by filter.'),
    fault: z.string().nullable().describe('Why the last attempt stopped; it goes on by itself.'),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Inventory' })

/** Routes for the inventory of an adopted tenant; docs/adopting.md. */
export function inventoryRoutes(deps: Pick<TenantWork, 'db'>): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path,
      access: { kind: 'staff', roles: ['platform'] },
      tag,
      summary: 'Build the list of an adopted tenant’s documents',
      description:
        'Exactly one of `documentField` and `idPattern` says how records name their documents. It is built in the background, reads the store and changes nothing there. A repeat builds it anew.',
      params: ofTenant,
      body: z.object({
        documentField: metadataField,
        idPattern: z
          .string()
          .max(512)
          .optional()
          .describe('An id with `{document}` once and `{chunk}` after it, as in `{document}#{chunk}`.'),
      }),
      replies: { 202: { description: 'It has begun.', schema: inventory } },
      async handle({ principal, params, body }) {
        const input = { tenantId: parseTenantId(params.id), rule: ruleOf(body) }
        return { status: 202, json: await beginInventory(deps, principal, input) }
      },
    }),
    route({
      method: 'get',
      path,
      access: { kind: 'staff', roles: ['platform', 'auditor'] },
      tag,
      summary: 'See how far an adopted tenant’s inventory is',
      params: ofTenant,
      replies: { 200: { description: 'Its progress, and what it found.', schema: inventory } },
      async handle({ params }) {
        return { status: 200, json: await showInventory(deps, { tenantId: parseTenantId(params.id) }) }
      },
    }),
  ]
}

function ruleOf({
  documentField,
  idPattern,
}: {
  documentField?: string | undefined
  idPattern?: string | undefined
}): InventoryRule {
  if (documentField !== undefined && idPattern === undefined) return { documentField }
  if (idPattern !== undefined && documentField === undefined) return { idPattern }
  const message = 'give exactly one of documentField and idPattern'
  throw new AppError('invalid_request', `documentField: ${message}`, { faults: [{ path: 'documentField', message }] })
}
