import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { lookAtIndex } from '../../look/look-at-index.ts'

interface Options extends ChangeOptions {
  readonly project?: string
  readonly oldKeyRevoked?: true
  readonly watchS: number
}

export function indexesSeal(context: Context): Command {
  return changing({
    usage: 'seal <name>',
    summary: 'state that no older key writes to an adopted index, so that its tenants may be moved',
    example: 'indexes seal help-centre --old-key-revoked --yes',
  })
    .option('--old-key-revoked', 'your statement that every older key with write access was revoked')
    .option('--project <project>', 'the Pinecone project that has it (default: the default one)')
    .option('--watch-s <seconds>', 'how long the store is watched for others’ writes first', positiveNumber, 600)
    .action(async (name: string, { project, oldKeyRevoked, watchS, ...options }: Options) => {
      if (oldKeyRevoked !== true) {
        throw new CliError(
          'usage',
          'Sealing rests on your statement: revoke the older key, then pass --old-key-revoked.',
        )
      }
      const body = { oldKeyRevoked, watchS, ...(project !== undefined && { project }) }
      const index = await change<object>(context, options, {
        question: `Seal index ${name} after watching it for ${watchS} s?`,
        request: { method: 'POST', path: `/indexes/${encodeURIComponent(name)}/seal`, body },
        look: (api) => lookAtIndex(api, name),
      })
      if (index !== undefined) showDocument(context, options, index)
    })
}
