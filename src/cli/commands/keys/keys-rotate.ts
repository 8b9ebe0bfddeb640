import type { Command } from 'commander'
import { seconds } from '../../kit/arguments.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { resolveKeyId } from '../../kit/resolve-id.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { lookAtKey } from '../../look/look-at-key.ts'
import { type ShownKey, showIssuedKey } from './show-key.ts'

interface Options extends ChangeOptions {
  readonly tenant: string
  readonly overlap: number
  readonly expires?: number
}

export function keysRotate(context: Context): Command {
  return changing({
    usage: 'rotate <key-id>',
    summary: 'replace a key by one with the same scopes and groups; the old one works on for the overlap',
    example: 'keys rotate 0123456789abcdef --tenant acme-bikes --overlap 24h --yes',
  })
    .requiredOption('--tenant <id>', 'the tenant whose key it is')
    .option('--overlap <time>', 'how long the old key still works, as in 30m, 12h or 7d', seconds, 86_400)
    .option('--expires <time>', 'how long the new key works (default: as long as the old one was given)', seconds)
    .action(async (typed: string, { tenant, overlap, expires, ...options }: Options) => {
      const keyId = await resolveKeyId(await context.api(), tenant, typed)
      const key = await change<ShownKey>(context, options, {
        question: `Replace key ${keyId} of tenant ${tenant}? The old one works for another ${overlap} s.`,
        request: {
          method: 'POST',
          path: `/tenants/${encodeURIComponent(tenant)}/keys/${encodeURIComponent(keyId)}/rotate`,
          body: { overlapS: overlap, ...(expires !== undefined && { expiresInS: expires }) },
        },
        look: (api) => lookAtKey(api, tenant, keyId),
      })
      if (key !== undefined) showIssuedKey(context, options, key)
    })
}
