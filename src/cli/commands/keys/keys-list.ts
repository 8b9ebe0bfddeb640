import type { Command } from 'commander'
import { moment } from '../../kit/cell.ts'
import type { Context } from '../../kit/context.ts'
import { showList } from '../../kit/show.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'

interface Options extends ReadOptions {
  readonly tenant: string
}

type Key = Readonly<Record<string, unknown>>

export function keysList(context: Context): Command {
  return readingVerb({
    usage: 'list',
    summary: 'list the keys of a tenant, never their secrets',
    example: 'keys list --tenant acme-bikes',
  })
    .requiredOption('--tenant <id>', 'the tenant')
    .action(async ({ tenant, ...options }: Options) => {
      const path = `/tenants/${encodeURIComponent(tenant)}/keys`
      const list = await (await context.api()).send<{ items: readonly Key[] }>({ method: 'GET', path })
      showList(context, options, list, {
        ID: (key) => key.id,
        NAME: (key) => key.name,
        STATE: (key) => key.state,
        SCOPES: (key) => (Array.isArray(key.scopes) ? key.scopes.join(' ') : ''),
        GROUPS: (key) => (Array.isArray(key.groups) ? key.groups.join(',') : '—'),
        EXPIRES: (key) => moment(key.expiresAt),
        'LAST USED': (key) => moment(key.lastUsedAt),
      })
    })
}
