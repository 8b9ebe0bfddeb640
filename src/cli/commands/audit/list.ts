import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId, moment } from '../../kit/cell.ts'
import type { Context } from '../../kit/context.ts'
import { listAll } from '../../kit/list-all.ts'
import { showList } from '../../kit/show.ts'
import { type ReadOptions, readingVerb } from '../../kit/verb.ts'

interface Options extends ReadOptions {
  readonly tenant?: string
  readonly actor?: string
  readonly action?: string
  readonly limit: number
}

export function auditList(context: Context): Command {
  return readingVerb({
    usage: 'list',
    summary: 'list what was done, by whom and why, the latest first',
    example: 'audit list --tenant acme-bikes',
  })
    .option('--tenant <id>', 'only what was done to this tenant')
    .option('--actor <subject>', 'only what this person or script did')
    .option('--action <action>', 'as in tenant.tag; tenant. for the whole group')
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ tenant, actor, action, limit, ...options }: Options) => {
      const query = { tenantId: tenant, actor, action }
      const page = await listAll<Record<string, unknown>>(await context.api(), '/audit', query, limit)
      showList(context, options, page, {
        WHEN: (deed) => moment(deed.at),
        WHO: (deed) => deed.actor,
        WHAT: (deed) => deed.action,
        TENANT: (deed) => generatedId(deed.tenantId),
        CHANGE: (deed) => changeOf(deed),
        WHY: (deed) => deed.note,
      })
    })
}

function changeOf({ before, after, detail }: Record<string, unknown>): unknown {
  if (before === null && after === null) return detail
  return `${JSON.stringify(before)} → ${JSON.stringify(after)}`
}
