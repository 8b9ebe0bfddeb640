import { type Command, Option } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { positiveNumber } from '../../kit/arguments.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { lookAtIndex } from '../../look/look-at-index.ts'
import { type FieldOptions, fieldsOf, withFieldOptions } from './field-options.ts'

interface Options extends ChangeOptions, FieldOptions {
  readonly kind: string
  readonly project?: string
  readonly model?: string
  readonly namespaceLimit?: number
  readonly undo?: true
}

export function indexesAdopt(context: Context): Command {
  const command = changing({
    usage: 'adopt <name>',
    summary: 'take over an index that exists; nothing in it is changed',
    example: 'indexes adopt help-centre --kind pool --model text-embedding-3-small --yes',
  })
  return withFieldOptions(command)
    .addOption(
      new Option('--kind <kind>', 'shared by many tenants, or one tenant’s own')
        .choices(['pool', 'silo'])
        .default('pool'),
    )
    .option('--project <project>', 'the Pinecone project that has it (default: the default one)')
    .option('--model <model>', 'the configured model that made its vectors (default: none, only apps make them)')
    .option('--namespace-limit <n>', 'namespaces that it may hold', positiveNumber)
    .option('--undo', 'forget its tenants that nothing was written to, and the index once none is left')
    .action(async (name: string, { kind, project, model, namespaceLimit, undo, ...options }: Options) => {
      const path = `/indexes/${encodeURIComponent(name)}/adopt`
      const fields = fieldsOf(options)
      const body = {
        kind,
        ...(fields !== undefined && { fields }),
        ...(project !== undefined && { project }),
        ...(model !== undefined && { model }),
        ...(namespaceLimit !== undefined && { namespaceLimit }),
      }
      const query = project === undefined ? '' : `&project=${encodeURIComponent(project)}`
      const undoing = (dryRun: boolean) =>
        ({ method: 'DELETE', path: `${path}?dryRun=${dryRun}${query}`, timeoutMs: 600_000 }) as const
      if (undo && options.dryRun) {
        showDocument(context, options, await (await context.api()).send<object>(undoing(true)))
        return
      }
      const look = (api: AdminApi) => lookAtIndex(api, name)
      const done = await change<object>(
        context,
        options,
        undo
          ? {
              question: `Undo the adoption of index ${name}? The store is not touched.`,
              request: undoing(false),
              look,
            }
          : { question: `Adopt index ${name} as a ${kind}?`, request: { method: 'POST', path, body }, look },
      )
      if (done !== undefined) showDocument(context, options, done)
    })
}
