import type { Command } from 'commander'
import { type Scope, scopes } from '../../../auth/principal.ts'
import { seconds, words } from '../../kit/arguments.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { isThere, lookAtTenant } from '../../look/look-at-tenant.ts'
import { type ShownKey, showIssuedKey } from './show-key.ts'

interface Options extends ChangeOptions {
  readonly tenant: string
  readonly name: string
  readonly scope: readonly string[]
  readonly groups?: readonly string[]
  readonly model?: string
  readonly expires?: number
}

/** Writes only the key to stdout, so that `KEY=$(tenant-router keys create …)` works. */
export function keysCreate(context: Context): Command {
  return changing({
    usage: 'create',
    summary: 'make a key for an app that cannot mint tokens; it is shown once',
    example: 'keys create --tenant acme-bikes --name chatbot --scope "rag:read" --expires 90d --yes',
  })
    .requiredOption('--tenant <id>', 'the tenant whose app it is for')
    .option('--name <name>', 'what it is for, as lists show it', 'app')
    .option('--scope <list>', 'scopes of the key', words, ['rag:read', 'rag:write'] satisfies Scope[])
    .option('--groups <list>', 'groups of its callers, as in a,b (default: as a token without a groups claim)', words)
    .option('--model <model>', 'embedding model of the vectors that its app sends (default: none)')
    .option('--expires <time>', 'how long it works, as in 12h or 90d (default: for ever)', seconds)
    .action(async ({ tenant, name, scope, groups, model, expires, ...options }: Options) => {
      const wrong = scope.filter((word) => !scopes.some((known) => known === word))
      if (wrong.length > 0) {
        throw new CliError('usage', `There is no scope ${wrong.join(', ')}: use ${scopes.join(', ')}.`)
      }
      const limits = {
        ...(groups && { groups }),
        ...(model && { model }),
        ...(expires !== undefined && { expiresInS: expires }),
      }
      const key = await change<ShownKey>(context, options, {
        question: `Make a key for tenant ${tenant} with ${scope.join(' ')}?`,
        request: {
          method: 'POST',
          path: `/tenants/${encodeURIComponent(tenant)}/keys`,
          body: { name, scopes: scope, ...limits },
        },
        look: (api) => lookAtTenant(api, tenant, isThere),
      })
      if (key !== undefined) showIssuedKey(context, options, key)
    })
}
