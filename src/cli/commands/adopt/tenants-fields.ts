import type { Command } from 'commander'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { isThere, lookAtTenant } from '../../look/look-at-tenant.ts'
import { type FieldOptions, fieldsOf, withFieldOptions } from './field-options.ts'

export function tenantsFields(context: Context): Command {
  return withFieldOptions(
    changing({
      usage: 'fields <id>',
      summary: 'say which metadata fields an adopted tenant’s records have, in place of its index’s',
      example: 'tenants fields acme-bikes --text-field chunk_text --yes',
    }),
  ).action(async (id: string, options: ChangeOptions & FieldOptions) => {
    const done = await change<object>(context, options, {
      question: `Set the fields of tenant ${id}?`,
      request: { method: 'PUT', path: `/tenants/${encodeURIComponent(id)}/fields`, body: fieldsOf(options) ?? {} },
      look: (api) => lookAtTenant(api, id, isThere),
    })
    if (done !== undefined) showDocument(context, options, done)
  })
}
