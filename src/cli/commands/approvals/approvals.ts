import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { positiveNumber } from '../../kit/arguments.ts'
import { generatedId, moment, shortId } from '../../kit/cell.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { listAll } from '../../kit/list-all.ts'
import { resolveId } from '../../kit/resolve-id.ts'
import { showDocument, showList } from '../../kit/show.ts'
import { type ChangeOptions, changing, type ReadOptions, readingVerb } from '../../kit/verb.ts'

interface ListOptions extends ReadOptions {
  readonly all?: true
  readonly limit: number
}

export function approvalsList(context: Context): Command {
  return readingVerb({
    usage: 'list',
    summary: 'list what waits for a second person',
    example: 'approvals list',
  })
    .option('--all', 'those that were decided too')
    .option('--limit <n>', 'how many at most', positiveNumber, 50)
    .action(async ({ all, limit, ...options }: ListOptions) => {
      const state = all ? undefined : 'awaiting_approval'
      const page = await listAll<Record<string, unknown>>(await context.api(), '/approvals', { state }, limit)
      showList(context, options, page, {
        ID: (one) => generatedId(one.id),
        VERB: (one) => one.verb,
        OF: (one) => one.subject,
        STATUS: (one) => one.status,
        'ASKED BY': (one) => one.requestedBy,
        AT: (one) => moment(one.requestedAt),
        WHY: (one) => one.note ?? '',
      })
    })
}

export function approvalsShow(context: Context): Command {
  return readingVerb({
    usage: 'show <id>',
    summary: 'show a request, with the plan that an approval is for',
    example: 'approvals show 0b6f1f0e',
  }).action(async (id: string, options: ReadOptions) => {
    const api = await context.api()
    const path = pathOf(await resolveId(api, 'approval', id))
    showDocument(context, options, await api.send({ method: 'GET', path }))
  })
}

export function approvalsApprove(context: Context): Command {
  return changing({
    usage: 'approve <id>',
    summary: 'approve what another person asked for, and carry it out',
    example: 'approvals approve 0b6f1f0e --yes',
  }).action((id: string, options: ChangeOptions) => decide(context, options, id, 'approve'))
}

export function approvalsReject(context: Context): Command {
  return changing({
    usage: 'reject <id>',
    summary: 'reject a request, or withdraw your own; --note says why',
    example: 'approvals reject 0b6f1f0e --note "still under contract" --yes',
  }).action((id: string, options: ChangeOptions) => decide(context, options, id, 'reject'))
}

async function decide(
  context: Context,
  options: ChangeOptions,
  typed: string,
  verb: 'approve' | 'reject',
): Promise<void> {
  const api = await context.api()
  const id = await resolveId(api, 'approval', typed)
  const short = shortId(id)
  const question = verb === 'approve' ? `Approve request ${short} and carry it out?` : `Reject request ${short}?`
  const request = { method: 'POST', path: `${pathOf(id)}/${verb}` } as const
  const decided = await change<object>(context, options, {
    question,
    request,
    look: () => lookAtRequest(api, id),
  })
  if (decided !== undefined) showDocument(context, options, decided)
}

interface Asked {
  readonly verb: string
  readonly subject: string
  readonly status: string
  readonly requestedBy: string
}

async function lookAtRequest(api: AdminApi, id: string): Promise<readonly string[]> {
  const { verb, subject, status, requestedBy } = await api.send<Asked>({ method: 'GET', path: pathOf(id) })
  return [`${requestedBy} asked for: ${verb} of ${subject}. It is ${status.replaceAll('_', ' ')} now.`]
}

function pathOf(id: string): string {
  return `/approvals/${encodeURIComponent(id)}`
}
