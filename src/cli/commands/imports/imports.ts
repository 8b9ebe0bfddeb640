import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId, moment } from '../../kit/cell.ts'
import type { Context } from '../../kit/context.ts'
import { listAll } from '../../kit/list-all.ts'
import { resolveId } from '../../kit/resolve-id.ts'
import { showDocument, showList } from '../../kit/show.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'
import type { Imported, PreviewedRow } from '../tenants/imported.ts'
import { whatOf } from '../tenants/imported.ts'

interface Options extends ReadOptions {
  readonly limit: number
}

type Listed = Imported & Readonly<Record<string, unknown>>

export function importsList(context: Context): Command {
  return readingVerb({
    usage: 'list',
    summary: 'list previews and imports of the last 30 days, the newest first',
    example: 'imports list',
  })
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ limit, ...options }: Options) => {
      const page = await listAll<Listed>(await context.api(), '/imports', {}, limit)
      showList(context, options, page, {
        ID: (one) => generatedId(one.id),
        FILE: (one) => one.file,
        STATE: (one) => one.state,
        NEW: ({ counts }) => counts.new,
        CHANGED: ({ counts }) => counts.changed,
        REFUSED: ({ counts }) => counts.refused,
        BY: (one) => one.createdBy,
        AT: (one) => moment(one.createdAt),
        'UNDO UNTIL': (one) => moment(one.undoUntil),
      })
    })
}

export function importsShow(context: Context): Command {
  return readingVerb({
    usage: 'show <import>',
    summary: 'show an import and the rows of its diff',
    example: 'imports show 0b6f1f0e',
  })
    .option('--limit <n>', 'rows at most', positiveNumber, 200)
    .action(async (typed: string, { limit, ...options }: Options) => {
      const api = await context.api()
      const path = `/imports/${encodeURIComponent(await resolveId(api, 'import', typed))}`
      const shown = await api.send<Listed>({ method: 'GET', path })
      const rows = await listAll<PreviewedRow>(api, `${path}/rows`, {}, limit)
      if (options.json) {
        context.writeJson({ ...shown, rows: rows.items, nextCursor: rows.nextCursor })
        return
      }
      const { columns: _, ...facts } = shown
      showDocument(context, options, facts)
      showList(context, options, rows, {
        LINE: (row) => row.line,
        TENANT: (row) => row.tenantId,
        DIFF: (row) => row.kind,
        WHAT: whatOf,
      })
    })
}
