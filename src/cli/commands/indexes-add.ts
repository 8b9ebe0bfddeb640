import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'
import { lookAtShards } from '../look/look-at-index.ts'

interface Options extends ChangeOptions {
  readonly region?: string
  readonly project?: string
  readonly model?: string
}

export function indexesAdd(context: Context): Command {
  return changing({
    usage: 'add',
    summary: 'open the next shared index before the last one is full',
    example: 'indexes add --yes',
  })
    .option('--region <region>', 'region of the index (default: the service’s PINECONE_REGION)')
    .option('--project <project>', 'Pinecone project of the index (default: the first that may hold it)')
    .option('--model <model>', 'embedding model of its tenants (default: that of new tenants)')
    .action(async ({ region, project, model, ...options }: Options) => {
      const body = { region, project, model }
      const index = await change<object>(context, options, {
        question: 'Make another shared index?',
        request: { method: 'POST', path: '/indexes', body },
        look: lookAtShards,
      })
      if (index !== undefined) showDocument(context, options, index)
    })
}
