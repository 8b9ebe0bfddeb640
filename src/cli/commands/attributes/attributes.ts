import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { showDocument } from '../../kit/show.ts'
import { assignments, readTenant, type Tenant, tenantPath } from '../../kit/tenant-lines.ts'
import { type ChangeOptions, changing, type ReadOptions, readingVerb } from '../../kit/verb.ts'
import { isThere, lookAtTenant } from '../../look/look-at-tenant.ts'

type Attributes = Readonly<Record<string, string | number | boolean>>

export function attributesShow(context: Context): Command {
  return readingVerb({
    usage: 'show <tenant>',
    summary: 'show the attributes of a tenant: CRM id, owner, contract, renewal, and your own',
    example: 'attributes show acme-bikes',
  }).action(async (id: string, options: ReadOptions) => {
    const { attributes = {} } = await readTenant(await context.api(), id)
    show(context, options, id, attributes)
  })
}

export function attributesSet(context: Context): Command {
  return changing({
    usage: 'set <tenant> <attributes...>',
    summary: 'set attributes of a tenant beside those that it has',
    example: 'attributes set acme-bikes crmId=0015 "owner=Sam Reed" --yes',
  }).action(async (id: string, words: readonly string[], options: ChangeOptions) => {
    const given = assignments(words)
    const { attributes = {} } = await readTenant(await context.api(), id)
    const named = given.map(([name, value]) => `${name} to ${JSON.stringify(value)}${wasWords(attributes[name])}`)
    await write(context, options, id, {
      question: `Set ${named.join(', ')} of tenant ${id}?`,
      was: attributes,
      attributes: { ...attributes, ...Object.fromEntries(given) },
    })
  })
}

export function attributesUnset(context: Context): Command {
  return changing({
    usage: 'unset <tenant> <names...>',
    summary: 'remove attributes of a tenant',
    example: 'attributes unset acme-bikes renewal --yes',
  }).action(async (id: string, names: readonly string[], options: ChangeOptions) => {
    const { attributes = {} } = await readTenant(await context.api(), id)
    const unknown = names.filter((name) => !(name in attributes))
    if (unknown.length > 0) throw new CliError('usage', `Tenant ${id} has no attribute ${unknown.join(', ')}.`)
    await write(context, options, id, {
      question: `Remove ${names.join(', ')} from tenant ${id}?`,
      was: attributes,
      attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name))),
    })
  })
}

function wasWords(value: string | number | boolean | undefined): string {
  return value === undefined ? '' : ` (it is ${JSON.stringify(value)})`
}

async function write(
  context: Context,
  options: ChangeOptions,
  id: string,
  { question, was, attributes }: { readonly question: string } & Readonly<Record<'was' | 'attributes', Attributes>>,
): Promise<void> {
  // They are replaced as a whole, and somebody may change one while the person considers the question.
  const body = { attributes, was: { attributes: was } }
  const request = { method: 'PATCH', path: tenantPath(id), body } as const
  const look = (api: AdminApi) => lookAtTenant(api, id, isThere)
  const tenant = await change<Tenant>(context, options, { question, request, look })
  if (tenant !== undefined) show(context, options, id, tenant.attributes ?? {})
}

function show(context: Context, options: ReadOptions, id: string, attributes: Attributes): void {
  if (options.json || Object.keys(attributes).length > 0) showDocument(context, options, attributes)
  else context.remark(`Tenant ${id} has no attributes.`)
}
