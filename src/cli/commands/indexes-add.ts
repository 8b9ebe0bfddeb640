import type { Command } from 'commander'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { showDocument } from '../kit/show.ts'
import { type ChangeOptions, changing } from '../kit/verb.ts'

interface Options extends ChangeOptions {
  readonly region?: string
}

export function indexesAdd(context: Context): Command {
  return changing({
    usage: 'add',
    summary: 'open the next shared index before the last one is full',
    example: 'indexes add --yes',
  })
    .option('--region <region>', 'region of the index (default: the service’s PINECONE_REGION)')
    .action(async ({ region, ...options }: Options) => {
      const index = await change<object>(context, options, {
        question: 'Make another shared index?',
        request: { method: 'POST', path: '/indexes', body: region === undefined ? {} : { region } },
      })
      if (index !== undefined) showDocument(context, options, index)
    })
}
