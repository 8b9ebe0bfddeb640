import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { agree } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { showList } from '../../kit/show.ts'
import { showAwaiting } from '../../kit/show-awaiting.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { type Imported, importedWords, type PreviewedImport, whatOf } from './imported.ts'

interface Options extends ChangeOptions {
  readonly column: Readonly<Record<string, string>>
  readonly leaveOutRefused?: true
}

/** A table of 10,000 new tenants is written in one transaction. */
const timeoutMs = 300_000

export function tenantsImport(context: Context): Command {
  return changing({
    usage: 'import <file>',
    summary: 'import tenants and tags from CSV or .xlsx: shows what changes, then all of it or nothing',
    example: 'tenants import accounts.csv --column "Account ID=attributes.crmId" --dry-run',
  })
    .option('--column <header=field>', 'what a column is; nothing after = leaves it out', column, {})
    .option('--leave-out-refused', 'apply the other rows although some are refused')
    .action(async (file: string, { column: columns, leaveOutRefused, ...options }: Options) => {
      const api = await context.api()
      const { note } = options
      const body = { contentBase64: await contentOf(file), name: basename(file), columns }
      const preview = await api.send<PreviewedImport>({
        method: 'POST',
        path: '/tenants/import?dryRun=true',
        body,
        timeoutMs,
      })
      if (options.dryRun && options.json) context.writeJson(preview)
      if (!options.json) show(context, options, preview)
      if (options.dryRun) return
      const { id, counts } = preview
      if (counts.refused > 0 && !leaveOutRefused) {
        const words = `Refused: ${counts.refused} rows can't be imported, so nothing was changed. Correct them, or pass --leave-out-refused.`
        throw new CliError('refused', words)
      }
      if (counts.new + counts.changed > 0) {
        await agree(context, options, `Make ${counts.new} tenants and change ${counts.changed}?`)
      }
      const path = `/imports/${id}/apply?leaveOutRefused=${leaveOutRefused === true}`
      const request = { method: 'POST', path, timeoutMs, note } as const
      const done = await api.send<Imported>(request)
      if (showAwaiting(context, options, done)) return
      if (options.json) context.writeJson(done)
      else context.write(importedWords(done))
    })
}

function show(context: Context, options: ChangeOptions, { rows, leftOff, columns, counts }: PreviewedImport): void {
  const passedOver = columns.filter(({ field }) => field === null).map(({ header }) => JSON.stringify(header))
  if (passedOver.length > 0) context.remark(`Not imported: ${passedOver.join(', ')}.`)
  const told = rows.filter(({ kind }) => kind !== 'same')
  if (told.length > 0) {
    showList(
      context,
      options,
      { items: told },
      {
        LINE: (row) => row.line,
        TENANT: (row) => row.tenantId ?? '—',
        DIFF: (row) => row.kind,
        WHAT: whatOf,
      },
    )
  }
  if (leftOff > 0) context.remark(`${leftOff} more rows are not shown.`)
  context.remark(`${counts.new} new, ${counts.changed} changed, ${counts.same} the same, ${counts.refused} refused.`)
}

function column(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.lastIndexOf('=')
  if (at < 1) throw new InvalidArgumentError('It must be a header and a field, as in "Account ID=attributes.crmId".')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1).trim() }
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'base64')
  } catch (cause) {
    throw new CliError('usage', `The file ${path} can't be read.`, { cause })
  }
}
