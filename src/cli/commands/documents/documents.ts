import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId, moment } from '../../kit/cell.ts'
import { agree, change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { listAll } from '../../kit/list-all.ts'
import { printable } from '../../kit/printable.ts'
import { showDocument, showList } from '../../kit/show.ts'
import { type ChangeOptions, changing, type ReadOptions, readingVerb } from '../../kit/verb.ts'
import { pollToTheEnd } from '../../watch/poll-to-the-end.ts'
import { tenantApi, tenantEnvironment } from './tenant-api.ts'

interface StoredDocument extends Record<string, unknown> {
  readonly documentId: string
  readonly source: string | null
  readonly chunks: number
  readonly status: string
  readonly reason?: { readonly code: string; readonly detail: string }
  readonly updatedAt: string
}

interface TenantOption {
  readonly tenant: string
}

const owned = (command: Command) =>
  command.requiredOption('--tenant <id>', 'the tenant whose documents they are').addHelpText('after', tenantEnvironment)

export function documentsList(context: Context): Command {
  const command = readingVerb({
    usage: 'list',
    summary: 'list the documents of a tenant, and what became of uploads',
    example: 'documents list --tenant acme-bikes',
  })
  return owned(command)
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ tenant, limit, ...options }: ReadOptions & TenantOption & { readonly limit: number }) => {
      const page = await listAll<StoredDocument>(await tenantApi(context, tenant), '/documents', {}, limit)
      showList(context, options, page, {
        ID: (one) => generatedId(one.documentId),
        STATUS: (one) => one.status,
        CHUNKS: (one) => one.chunks,
        CHANGED: (one) => moment(one.updatedAt),
        SOURCE: (one) => one.source,
        REASON: (one) => one.reason?.detail,
      })
    })
}

export function documentsShow(context: Context): Command {
  const command = readingVerb({
    usage: 'show <document>',
    summary: 'show a document of a tenant: how far it is, and why it failed',
    example: 'documents show terms --tenant acme-bikes',
  })
  return owned(command).action(async (id: string, { tenant, ...options }: ReadOptions & TenantOption) => {
    showDocument(context, options, await readOne(await tenantApi(context, tenant), id))
  })
}

interface UploadOptions extends ChangeOptions, TenantOption {
  readonly id?: string
  readonly watch: boolean
}

export function documentsUpload(context: Context): Command {
  const command = changing({
    usage: 'upload <file>',
    summary: 'upload a file as a document of a tenant, and wait until it is found',
    example: 'documents upload terms.pdf --tenant acme-bikes --yes',
  })
  return owned(command)
    .option('--id <document>', 'id of the document (default: named by its content)')
    .option('--no-watch', 'do not wait until it is stored')
    .action(async (file: string, { tenant, id, watch, ...options }: UploadOptions) => {
      const content = await readFile(file, 'base64').catch((cause: unknown) => {
        throw new CliError('usage', `The file ${file} can't be read.`, { cause })
      })
      const question = `Upload ${basename(file)} to tenant ${tenant}${id === undefined ? '' : ` as ${id}`}?`
      if (options.dryRun) {
        // The request itself would print the whole file.
        const request = { method: 'POST', path: '/documents', bytes: Buffer.byteLength(content, 'base64') }
        const now = await lookForDocument(await tenantApi(context, tenant), id)
        if (options.json) context.writeJson({ dryRun: true, now, ...request })
        else {
          for (const line of now) context.write(line)
          context.write(`Would ${question.charAt(0).toLowerCase()}${question.slice(1, -1)}. Nothing was changed.`)
        }
        return
      }
      await agree(context, options, question)
      const api = await tenantApi(context, tenant)
      const body = { contentBase64: content, name: basename(file), ...(id !== undefined && { documentId: id }) }
      const begun = await api.send<StoredDocument>({ method: 'POST', path: '/documents', body, timeoutMs: 300_000 })
      const stored = watch ? await untilStored(context, api, begun, { ...options, tenant }) : begun
      if (options.json) context.writeJson(stored)
      else context.write(`Document ${stored.documentId}: ${stored.status}, ${stored.chunks} chunk(s).`)
    })
}

export function documentsDelete(context: Context): Command {
  const command = changing({
    usage: 'delete <document>',
    summary: 'delete a document of a tenant with all its chunks',
    example: 'documents delete terms --tenant acme-bikes --yes',
  })
  return owned(command).action(async (id: string, { tenant, ...options }: ChangeOptions & TenantOption) => {
    const api = await tenantApi(context, tenant)
    const done = await change<object>({ ...context, api: async () => api }, options, {
      question: `Delete document ${id} of tenant ${tenant}, with all its chunks?`,
      request: { method: 'DELETE', path: pathOf(id) },
      look: async () => {
        const { status, chunks } = await readOne(api, id)
        return [`Document ${id} is ${status}, with ${chunks} chunk(s), now.`]
      },
    })
    if (done === undefined) return
    if (options.json) context.writeJson({ documentId: id, deleted: true })
    else context.write(`Document ${id} is deleted.`)
  })
}

function pathOf(id: string): string {
  return `/documents/${encodeURIComponent(id)}`
}

function readOne(api: AdminApi, id: string): Promise<StoredDocument> {
  return api.send<StoredDocument>({ method: 'GET', path: pathOf(id) })
}

async function lookForDocument(api: AdminApi, id: string | undefined): Promise<readonly string[]> {
  if (id === undefined) {
    await api.send({ method: 'GET', path: '/documents?limit=1' })
    return ['Its content gives it its id: where a document has that, nothing would change.']
  }
  try {
    const { status, chunks } = await readOne(api, id)
    return [`Document ${id} is ${status}, with ${chunks} chunk(s), now: it would be replaced.`]
  } catch (error) {
    if (error instanceof CliError && error.code === 'not_found') return [`There is no document ${id} now.`]
    throw error
  }
}

const onTheWay: ReadonlySet<string> = new Set(['queued', 'parsing', 'embedding', 'storing', 'writing'])
const pollMs = 300

/** @throws CliError `failed` with the reason; `interrupted` on Ctrl-C, which leaves the upload running */
async function untilStored(
  context: Context,
  api: AdminApi,
  begun: StoredDocument,
  { json, tenant }: ReadOptions & TenantOption,
): Promise<StoredDocument> {
  const { documentId } = begun
  const stored = await pollToTheEnd(context, begun, {
    read: () => readOne(api, documentId),
    isOver: ({ status }) => !onTheWay.has(status),
    show: ({ status }) => json || context.status(`… ${documentId}: ${status}`),
    everyMs: pollMs,
    goesOn: 'the upload goes on',
    again: `See it with: tenant-router documents show ${documentId} --tenant ${tenant}`,
  }).finally(() => context.status(''))
  if (stored.status !== 'failed') return stored
  const why = printable(stored.reason?.detail ?? 'no reason is known')
  throw new CliError('failed', `Document ${documentId} could not be ingested: ${why}`)
}
