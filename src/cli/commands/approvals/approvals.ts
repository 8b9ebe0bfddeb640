import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { listAll } from '../../kit/list-all.ts'
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
        ID: (one) => one.id,
        VERB: (one) => one.verb,
        OF: (one) => one.subject,
        STATUS: (one) => one.status,
        'ASKED BY': (one) => one.requestedBy,
        AT: (one) => one.requestedAt,
        WHY: (one) => one.note ?? '',
      })
    })
}

export function approvalsShow(context: Context): Command {
  return readingVerb({
    usage: 'show <id>',
    summary: 'show a request, with the plan that an approval is for',
    example: 'approvals show 0b6f1f0e-5a0c-4c5e-9d2b-3f1f6a2f7c11',
  }).action(async (id: string, options: ReadOptions) => {
    showDocument(context, options, await (await context.api()).send({ method: 'GET', path: pathOf(id) }))
  })
}

export function approvalsApprove(context: Context): Command {
  return changing({
    usage: 'approve <id>',
    summary: 'approve what another person asked for, and carry it out',
    example: 'approvals approve 0b6f1f0e-5a0c-4c5e-9d2b-3f1f6a2f7c11 --yes',
  }).action((id: string, options: ChangeOptions) => decide(context, options, id, 'approve'))
}

export function approvalsReject(context: Context): Command {
  return changing({
    usage: 'reject <id>',
    summary: 'reject a request, or withdraw your own; --note says why',
    example: 'approvals reject 0b6f1f0e-5a0c-4c5e-9d2b-3f1f6a2f7c11 --note "still under contract" --yes',
  }).action((id: string, options: ChangeOptions) => decide(context, options, id, 'reject'))
}

async function decide(context: Context, options: ChangeOptions, id: string, verb: 'approve' | 'reject'): Promise<void> {
  const question = verb === 'approve' ? `Approve request ${id} and carry it out?` : `Reject request ${id}?`
  const request = { method: 'POST', path: `${pathOf(id)}/${verb}` } as const
  const decided = await change<object>(context, options, { question, request })
  if (decided !== undefined) showDocument(context, options, decided)
}

function pathOf(id: string): string {
  return `/approvals/${encodeURIComponent(id)}`
}
