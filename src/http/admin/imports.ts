import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { readSheet } from '../../ingest/sheet/read-sheet.ts'
import type { ApprovalDeps } from '../../tenants/approvals/approvable-work.ts'
import { askApproval } from '../../tenants/approvals/ask-approval.ts'
import { applyImport } from '../../tenants/import/apply-import.ts'
import type { ImportView } from '../../tenants/import/import-view.ts'
import { listImports, listRowsOfImport, showImport } from '../../tenants/import/list-imports.ts'
import { previewImport } from '../../tenants/import/preview-import.ts'
import { undoImport } from '../../tenants/import/undo-import.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { approval, awaiting } from './approvals.ts'
import {
  columnsField,
  importBody,
  importedRow,
  importedTable,
  importList,
  importRowList,
  rowKind,
} from './import-fields.ts'
import { pageFields } from './page-fields.ts'

const tag = 'imports'
const platformAndSales = { kind: 'staff', roles: ['platform', 'sales'] } as const
const anyStaff = { kind: 'staff', roles: ['platform', 'sales', 'auditor'] } as const
const params = z.object({ importId: z.uuid() })
const bodyLimitBytes = 16 * 1024 * 1024
/** Rows in the answer of a preview; `/imports/{importId}/rows` has all. */
const rowsShown = 1_000

const words = [
  'CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or windows-1252, or an Excel workbook (.xlsx): a form with one `file`, or JSON. Up to 10,000 rows.',
  'The first line names the columns: `id` or `CRM id`, and `name`, `tier`, `region`, `owner`, `contract`, `renewal`, `attributes.NAME`; `columns` says what other headers are. An empty cell changes nothing.',
  'Each row is compared with the registry: `new`, `changed` (with the fields that change), `same` or `refused` (with the reason).',
  'A new tenant starts in a shared index. Sales imports tags and its own attributes; other attributes are the platform team’s.',
].join(' ')

const leftOut = z.object({
  leaveOutRefused: z.enum(['true', 'false']).default('false').describe('`true`: applies the other rows.'),
})

/** Routes for tables of tenants: a diff first, then all of it or nothing. */
export function importRoutes(deps: ApprovalDeps): readonly AnyRoute[] {
  const shown = async (view: ImportView) => {
    const { items } = await listRowsOfImport(deps, view.id, { limit: rowsShown })
    const total = view.counts.new + view.counts.changed + view.counts.same + view.counts.refused
    return { ...view, rows: items, leftOff: total - items.length }
  }
  return [
    route({
      method: 'post',
      path: '/tenants/import',
      access: platformAndSales,
      tag,
      summary: 'Import a table of tenants',
      description: `${words} With \`dryRun\` the answer is a preview that \`POST /imports/{importId}/apply\` applies as it was shown. Without it the table is applied at once, unless a row is refused (409).`,
      query: z.object({ dryRun: z.enum(['true', 'false']).default('false') }),
      body: importBody.optional(),
      form: {
        filesMax: 1,
        manyFiles: 'import one after the other',
        description: 'A form with one `file`, or JSON.',
        fields: { columns: columnsField },
      },
      bodyLimitBytes,
      replies: {
        200: { description: 'The diff, applied unless `dryRun`.', schema: importedTable },
        202: { description: 'A second person has to approve it (`APPROVALS`).', schema: approval },
      },
      async handle({ principal, query, body, form }) {
        const { columns, ...file } = form === undefined ? fileOf(body ?? {}) : fileOfForm(form)
        const view = await previewImport(deps, principal, { file: file.name, rows: await readSheet(file), columns })
        if (query.dryRun === 'true') return { status: 200, json: await shown(view), headers: locationOf(view) }
        const call = { verb: 'import', importId: view.id, leaveOutRefused: false } as const
        const asked = await askApproval(deps, principal, call)
        if (asked !== undefined) return awaiting(asked)
        const done = await applyImport(deps, principal, view.id)
        return { status: 200, json: await shown(done), headers: locationOf(done) }
      },
    }),
    route({
      method: 'get',
      path: '/imports',
      access: anyStaff,
      tag,
      summary: 'List previews and imports',
      description: 'Those of the last 30 days, newest first.',
      query: z.object({
        ...pageFields(50),
      }),
      replies: { 200: { description: 'A page; `nextCursor` is null on the last one.', schema: importList } },
      handle: async ({ query }) => ({ status: 200, json: await listImports(deps, query) }),
    }),
    route({
      method: 'get',
      path: '/imports/{importId}',
      access: anyStaff,
      tag,
      summary: 'Show a preview or import',
      params,
      replies: { 200: { description: 'The import.', schema: importedRow } },
      handle: async ({ params }) => ({ status: 200, json: await showImport(deps, params.importId) }),
    }),
    route({
      method: 'get',
      path: '/imports/{importId}/rows',
      access: anyStaff,
      tag,
      summary: 'List the rows of a diff',
      description: 'By line. `conflict`: rows of a tenant that a colleague changed after the preview or the import.',
      params,
      query: z.object({
        kind: rowKind.optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
        cursor: z.string().max(1_000).optional().describe('`nextCursor` of the previous page.'),
      }),
      replies: { 200: { description: 'A page; `nextCursor` is null on the last one.', schema: importRowList } },
      handle: async ({ params, query }) => ({
        status: 200,
        json: await listRowsOfImport(deps, params.importId, query),
      }),
    }),
    route({
      method: 'post',
      path: '/imports/{importId}/apply',
      access: platformAndSales,
      tag,
      summary: 'Apply a preview',
      description:
        'All of its rows or none. 409 when a row is refused and not left out, or when a colleague changed one of its tenants after the preview: the rows of the kind `conflict` then say what, and nothing was changed. A repeat changes nothing.',
      params,
      query: leftOut,
      replies: {
        200: { description: 'The import.', schema: importedRow },
        202: { description: 'A second person has to approve it (`APPROVALS`).', schema: approval },
      },
      async handle({ principal, params, query }) {
        const leaveOutRefused = query.leaveOutRefused === 'true'
        const call = { verb: 'import', importId: params.importId, leaveOutRefused } as const
        const asked = await askApproval(deps, principal, call)
        if (asked !== undefined) return awaiting(asked)
        return { status: 200, json: await applyImport(deps, principal, params.importId, { leaveOutRefused }) }
      },
    }),
    route({
      method: 'post',
      path: '/imports/{importId}/undo',
      access: platformAndSales,
      tag,
      summary: 'Undo an import',
      description:
        'Within 15 minutes, whole or not at all. Tenants get their former fields; those that it made are offboarded, unless they have content by then: such a one is suspended. 409 when a colleague changed one of them since.',
      params,
      replies: { 200: { description: 'The import.', schema: importedRow } },
      handle: async ({ principal, params }) => ({
        status: 200,
        json: await undoImport(deps, principal, params.importId),
      }),
    }),
  ]
}

function locationOf({ id }: ImportView) {
  return { Location: `/imports/${id}` }
}

interface SentTable {
  readonly bytes: Uint8Array
  readonly name: string | undefined
  readonly contentType?: string | undefined
  readonly columns: Readonly<Record<string, string>>
}

function fileOf({ text, contentBase64, name, columns = {} }: z.infer<typeof importBody>): SentTable {
  if ((text === undefined) === (contentBase64 === undefined)) throw invalid('text', 'give either text or contentBase64')
  if (contentBase64 === undefined) return { bytes: Buffer.from(text ?? ''), name, columns }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(contentBase64)) throw invalid('contentBase64', 'is not base64')
  return { bytes: Buffer.from(contentBase64, 'base64'), name, columns }
}

interface SentForm {
  readonly texts: readonly { readonly name: string; readonly value: string }[]
  readonly files: readonly {
    readonly field: string
    readonly name: string
    readonly contentType: string | undefined
    readonly bytes: Uint8Array
  }[]
}

function fileOfForm({ texts, files }: SentForm): SentTable {
  const [file] = files
  if (file?.field !== 'file') throw invalid('file', 'is missing')
  const stranger = texts.find(({ name }) => name !== 'columns')
  if (stranger !== undefined) throw invalid(stranger.name, 'unknown field; there are file, columns')
  const [said] = texts
  const { bytes, name, contentType } = file
  return {
    bytes,
    name: name === '' ? undefined : name,
    contentType,
    columns: said === undefined ? {} : columnsIn(said.value),
  }
}

function columnsIn(text: string): Readonly<Record<string, string>> {
  try {
    return importBody.shape.columns.unwrap().parse(JSON.parse(text))
  } catch {
    throw invalid('columns', 'must be an object as JSON, as in {"Account ID": "attributes.crmId"}')
  }
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path}: ${message}`, { faults: [{ path, message }] })
}
