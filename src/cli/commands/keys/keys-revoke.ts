import type { Command } from 'commander'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { resolveKeyId } from '../../kit/resolve-id.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { lookAtKey } from '../../look/look-at-key.ts'

interface Options extends ChangeOptions {
  readonly tenant: string
}

export function keysRevoke(context: Context): Command {
  return changing({
    usage: 'revoke <key-id>',
    summary: 'refuse a key from now on, on every replica',
    example: 'keys revoke 0123456789abcdef --tenant acme-bikes --yes',
  })
    .requiredOption('--tenant <id>', 'the tenant whose key it is')
    .action(async (typed: string, { tenant, ...options }: Options) => {
      const keyId = await resolveKeyId(await context.api(), tenant, typed)
      const key = await change<object>(context, options, {
        question: `Revoke key ${keyId} of tenant ${tenant}? An app that still uses it is refused from then on.`,
        request: {
          method: 'DELETE',
          path: `/tenants/${encodeURIComponent(tenant)}/keys/${encodeURIComponent(keyId)}`,
        },
        look: (api) => lookAtKey(api, tenant, keyId),
      })
      if (key !== undefined) showDocument(context, options, key)
    })
}
