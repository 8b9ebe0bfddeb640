import type { Command } from 'commander'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { isThere, lookAtTenant } from '../../look/look-at-tenant.ts'

interface Options extends ChangeOptions {
  readonly documentField?: string
  readonly idPattern?: string
}

export function tenantsInventory(context: Context): Command {
  return changing({
    usage: 'inventory <id>',
    summary: 'build the list of an adopted tenant’s documents; without options, show how far it is',
    example: 'tenants inventory acme-bikes --document-field doc_id --yes',
  })
    .option('--document-field <field>', 'the metadata field that names a record’s document')
    .option('--id-pattern <pattern>', 'the form of ids, as in {document}#{chunk}')
    .action(async (id: string, { documentField, idPattern, ...options }: Options) => {
      const path = `/tenants/${encodeURIComponent(id)}/inventory`
      if (documentField === undefined && idPattern === undefined) {
        showDocument(context, options, await (await context.api()).send({ method: 'GET', path }))
        return
      }
      if (documentField !== undefined && idPattern !== undefined) {
        throw new CliError('usage', 'Give only one of --document-field and --id-pattern.')
      }
      const body = documentField === undefined ? { idPattern } : { documentField }
      const begun = await change<object>(context, options, {
        question: `Build the inventory of tenant ${id}?`,
        request: { method: 'POST', path, body },
        look: (api) => lookAtTenant(api, id, isThere),
      })
      if (begun === undefined) return
      showDocument(context, options, begun)
      context.remark(`It is built in the background: tenant-router tenants inventory ${id}`)
    })
}
