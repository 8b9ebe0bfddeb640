import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { positiveNumber } from '../../kit/arguments.ts'
import { moment } from '../../kit/cell.ts'
import { agree } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { type ApiPage, listAll } from '../../kit/list-all.ts'
import { showList } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { pollToTheEnd } from '../../watch/poll-to-the-end.ts'
import { accept } from './accept.ts'

interface Options extends ChangeOptions {
  readonly fix?: true
  readonly fromStore?: true
  readonly limit: number
}

interface Reconciliation {
  readonly id: string
  readonly state: 'running' | 'done' | 'failed'
  readonly fix: boolean
  readonly fromStore: boolean
  readonly problems: number
  readonly fixed: number
  readonly fault: string | null
  readonly progress: {
    readonly indexes: number
    readonly namespaces: number
    readonly tenants: number
    readonly tenantsLeft: number
    readonly unlisted: number
    readonly unseen: readonly { readonly part: string; readonly reason: string }[]
  }
}

interface Finding extends Record<string, unknown> {
  readonly fix: string
  readonly fixNote: string | null
}

type Choices = Omit<Options, 'fix' | 'fromStore'> & { readonly fix?: boolean; readonly fromStore?: boolean }

const pollMs = 500

export function reconcile(context: Context): Command {
  return (
    changing({
      usage: 'reconcile',
      summary: 'compare the registry with what the store really holds',
      example: 'reconcile --fix --dry-run',
    })
      .option('--fix', 'settle what is provably safe and was seen long enough; without it nothing is changed')
      .option(
        '--from-store',
        'after a restore of the registry: find out where tenants are, and serve those that are sure',
      )
      .option('--limit <n>', 'findings to show at most', positiveNumber, 1_000)
      // Its options stand before a verb of its own, whose options have the same names.
      .enablePositionalOptions()
      .addCommand(accept(context))
      .action(async ({ fix = false, fromStore = false, limit, ...options }: Choices) => {
        if (fix && fromStore) throw new CliError('usage', 'Give only one of --fix and --from-store.')
        if (fromStore && options.dryRun) {
          throw new CliError(
            'usage',
            'There is no dry run of --from-store: it changes nothing in the store, and serves only who is sure.',
          )
        }
        const isFix = fix && !options.dryRun
        if (isFix) await agree(context, options, 'Settle what is provably safe? Each change is in the audit.')
        if (fromStore) await agree(context, options, 'Serve the tenants whose place the store confirms?')
        const api = await context.api()
        const body = { fix: isFix, fromStore }
        const path = '/reconciliations'
        const begun = await api.send<Reconciliation>({ method: 'POST', path, body, note: options.note })
        if (!options.json) context.remark('The comparison is under way. Ctrl-C leaves it running.')
        const run = await untilEnded(context, api, begun)
        const found = await listAll<Finding>(api, `/reconciliations/${run.id}/findings`, {}, limit)
        show(context, options, run, found)
        if (run.state === 'failed') throw new CliError('failed', `It was given up: ${run.fault}`)
        const { unseen } = run.progress
        if (unseen.length > 0) {
          const parts = unseen.map(({ part, reason }) => `${part} (${reason})`).join('; ')
          throw new CliError('failed', `Nothing is known of what did not answer: ${parts}`)
        }
        const open = run.problems - run.fixed
        if (open > 0) throw new CliError('failed', `${open} finding(s) are open; ADVICE says what to do about each.`)
      })
  )
}

async function untilEnded(context: Context, api: AdminApi, begun: Reconciliation): Promise<Reconciliation> {
  const { id, fix, fromStore } = begun
  const again = `tenant-router reconcile${fix ? ' --fix --yes' : ''}${fromStore ? ' --from-store --yes' : ''}`
  const acts = fix ? ', and settles what is due' : fromStore ? ', and serves the tenants that the store confirms' : ''
  return pollToTheEnd(context, begun, {
    read: () => api.send<Reconciliation>({ method: 'GET', path: `/reconciliations/${id}` }),
    isOver: ({ state }) => state !== 'running',
    everyMs: pollMs,
    goesOn: `the comparison goes on${acts}`,
    again: `While it does, this watches it again, and later begins another one: ${again}`,
  })
}

function show(context: Context, options: Options | ChangeOptions, run: Reconciliation, found: ApiPage<Finding>): void {
  if (options.json) {
    context.writeJson({ ...run, items: found.items, nextCursor: found.nextCursor })
    return
  }
  if (found.items.length > 0) {
    showList(context, options, found, {
      FINDING: (one) => one.kind,
      INDEX: (one) => `${one.project}/${one.index}`,
      NAMESPACE: (one) => one.namespace ?? '',
      TENANT: (one) => one.tenantId ?? '',
      DETAIL: (one) => one.detail,
      SINCE: (one) => moment(one.firstSeenAt),
      FIX: (one) => (one.fixNote === null ? one.fix : `${one.fix}: ${one.fixNote}`),
      ADVICE: (one) => one.advice,
    })
  }
  const { indexes, namespaces, tenants, tenantsLeft, unlisted } = run.progress
  const looked = `Looked at ${indexes} index(es), ${namespaces} namespace(s) and the documents of ${tenants} tenant(s)`
  const left = tenantsLeft === 0 ? '' : `; ${tenantsLeft} tenant(s) wrote or moved meanwhile`
  const more = unlisted === 0 ? '' : ` ${unlisted} further finding(s) are only counted.`
  context.remark(`${looked}${left}. ${run.problems} problem(s), ${run.fixed} settled.${more}`)
}
