import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { resolveId } from '../../kit/resolve-id.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { wouldBeRefused } from '../../look/look-at-tenant.ts'
import { type Imported, importedWords } from './imported.ts'

export function tenantsUndoImport(context: Context): Command {
  return changing({
    usage: 'undo-import <import>',
    summary: 'take an import back, within 15 minutes, whole or not at all',
    example: 'tenants undo-import 0b6f1f0e --yes',
  }).action(async (typed: string, options: ChangeOptions) => {
    const id = await resolveId(await context.api(), 'import', typed)
    const undone = await change<Imported>(context, options, {
      question: `Undo import ${id}? Tenants that it made are offboarded.`,
      request: { method: 'POST', path: `/imports/${encodeURIComponent(id)}/undo`, timeoutMs: 300_000 },
      look: (api) => lookAtImport(api, id),
    })
    if (undone === undefined) return
    if (options.json) showDocument(context, options, undone)
    else context.write(importedWords(undone))
  })
}

async function lookAtImport(api: AdminApi, id: string): Promise<readonly string[]> {
  const path = `/imports/${encodeURIComponent(id)}`
  const { state, counts, undoUntil } = await api.send<Imported>({ method: 'GET', path })
  const line = `Import ${id} is ${state} now: ${counts.new} new, ${counts.changed} changed.`
  if (state !== 'applied') return [line, wouldBeRefused(`it is ${state}`)]
  const isOver = undoUntil === null || Date.parse(undoUntil) < Date.now()
  return [line, isOver ? wouldBeRefused('its 15 minutes are over') : `It can be undone until ${undoUntil}.`]
}
