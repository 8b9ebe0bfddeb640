import { type Command, Option } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId, moment } from '../../kit/cell.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { listAll } from '../../kit/list-all.ts'
import { printable } from '../../kit/printable.ts'
import { resolveId } from '../../kit/resolve-id.ts'
import { showDocument, showList } from '../../kit/show.ts'
import { type ChangeOptions, changing, type ReadOptions, readingVerb } from '../../kit/verb.ts'

interface ListOptions extends ReadOptions {
  readonly state?: string
  readonly limit: number
}

interface Notice extends Record<string, unknown> {
  readonly deliveries: readonly { readonly hook: string; readonly state: string; readonly error: string | null }[]
}

export function noticesList(context: Context): Command {
  return readingVerb({
    usage: 'list',
    summary: 'list events that are sent to the hooks, and what became of them',
    example: 'notices list --state failed',
  })
    .addOption(new Option('--state <state>', 'only these').choices(['waiting', 'delivered', 'failed']))
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ state, limit, ...options }: ListOptions) => {
      const page = await listAll<Notice>(await context.api(), '/notices', { state }, limit)
      showList(context, options, page, {
        ID: (one) => generatedId(one.id),
        AT: (one) => moment(one.at),
        TYPE: (one) => one.type,
        TENANT: (one) => generatedId(one.tenantId),
        DELIVERIES: deliveriesOf,
      })
    })
}

export function noticesResend(context: Context): Command {
  return changing({
    usage: 'resend <id>',
    summary: 'send an event to its hooks again',
    example: 'notices resend msg_0b6f1f0e --yes',
  }).action(async (typed: string, options: ChangeOptions) => {
    const id = await resolveId(await context.api(), 'notice', typed)
    const sent = await change<object>(context, options, {
      question: `Send event ${id} again?`,
      request: { method: 'POST', path: `/notices/${encodeURIComponent(id)}/resend` },
      look: (api) => lookAtNotice(api, id),
    })
    if (sent !== undefined) showDocument(context, options, sent)
  })
}

function deliveriesOf({ deliveries }: Notice): string {
  return deliveries
    .map(({ hook, state: is, error }) => `${hook} ${is}${error === null ? '' : ` (${error})`}`)
    .join(', ')
}

/** Events looked through, the newest first. */
const lookedThrough = 1_000

async function lookAtNotice(api: AdminApi, id: string): Promise<readonly string[]> {
  const { items } = await listAll<Notice>(api, '/notices', {}, lookedThrough)
  const found = items.find((one) => one.id === id)
  if (found === undefined) return [`Event ${id} is none of the latest ${items.length}.`]
  return [printable(`Event ${id} is ${found.type} of ${found.tenantId}. Deliveries now: ${deliveriesOf(found)}.`)]
}
