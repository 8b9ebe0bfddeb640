import { z } from 'zod'

/** Fields and answers of the import routes. */
export const columnsField =
  'What the columns are whose headers don’t say it, as JSON: `{"Account ID": "attributes.crmId"}`; an empty text leaves a column out.'

export const importBody = z
  .object({
    text: z.string().optional().describe('The table as text. Either this or `contentBase64`.'),
    contentBase64: z.string().optional().describe('The file.'),
    name: z.string().max(200).optional().describe('The file’s name.'),
    columns: z.record(z.string(), z.string()).optional().describe(columnsField),
  })
  .meta({
    id: 'TableOfTenants',
    example: { text: 'id,name,tier\nacme-bikes,Acme Bikes,enterprise', name: 'tenants.csv' },
  })

export const rowKind = z.enum(['new', 'changed', 'same', 'refused', 'conflict'])

const value = z.union([z.string(), z.number(), z.boolean()]).nullable()

const row = z
  .object({
    line: z.int().describe('In the file, from 1.'),
    kind: rowKind,
    tenantId: z.string().nullable(),
    changes: z
      .record(z.string(), z.object({ from: value, to: value }))
      .describe('By field: `name`, `tier`, `region`, `attributes.NAME`.'),
    reason: z.string().nullable().describe('Why it is refused, or what is in conflict.'),
  })
  .meta({ id: 'ImportRow' })

const count = z.int()

const fields = {
  id: z.uuid(),
  file: z.string().nullable(),
  state: z.enum(['previewed', 'applied', 'undone']),
  columns: z
    .array(z.object({ header: z.string(), field: z.string().nullable() }))
    .describe('What each column is; null: it is not imported.'),
  counts: z.object({ new: count, changed: count, same: count, refused: count, conflict: count }),
  createdBy: z.string(),
  createdAt: z.string(),
  appliedBy: z.string().nullable(),
  appliedAt: z.string().nullable(),
  undoUntil: z.string().nullable().describe('Until then it can be undone; null: it can’t.'),
  undoneBy: z.string().nullable(),
  undoneAt: z.string().nullable(),
}

export const importedRow = z.object(fields).meta({ id: 'Import' })

export const importedTable = z
  .object({ ...fields, rows: z.array(row), leftOff: z.int().describe('Rows beyond those.') })
  .meta({ id: 'ImportWithRows' })

export const importList = z
  .object({ items: z.array(importedRow), nextCursor: z.string().nullable() })
  .meta({ id: 'ImportList' })

export const importRowList = z
  .object({ items: z.array(row), nextCursor: z.string().nullable() })
  .meta({ id: 'ImportRowList' })
