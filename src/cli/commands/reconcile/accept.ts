import type { Command } from 'commander'
import { positiveNumber } from '../../kit/arguments.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { listAll } from '../../kit/list-all.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { lookAtTenant, wouldBeRefused } from '../../look/look-at-tenant.ts'

interface Options extends ChangeOptions {
  readonly generation?: number
  readonly offboard?: true
  readonly suggested?: true
}

interface Tenant {
  readonly id: string
  readonly status: string
  readonly placement: { readonly index: string; readonly generation: number } | null
  readonly held: { readonly verdict: string; readonly generation?: number } | null
}

/** Verdicts that name a place without a doubt: nothing else of the tenant is in the store. */
const sure: ReadonlySet<string> = new Set(['moved', 'new'])

export function accept(context: Context): Command {
  return changing({
    usage: 'accept [ids...]',
    summary: 'after a restore: say where held tenants are, or delete them again',
    example: 'reconcile accept acme-bikes --generation 2 --yes',
  })
    .option('--generation <n>', 'the place to serve from (default: the one that the store suggests)', positiveNumber)
    .option('--offboard', 'delete the tenant, with all that the store has of it')
    .option('--suggested', 'every tenant that moved or is new, at the place that the store suggests')
    .action(async (given: readonly string[], { generation, offboard, suggested, ...options }: Options) => {
      if (suggested ? given.length > 0 || generation !== undefined || offboard : given.length === 0) {
        throw new CliError('usage', 'Give ids of tenants, or --suggested alone.')
      }
      if (generation !== undefined && (given.length > 1 || offboard)) {
        throw new CliError('usage', '--generation is for one tenant, and not for a deletion.')
      }
      const ids = suggested ? await listSuggested(context) : given
      const body = { ...(generation !== undefined && { generation }), ...(offboard && { offboard }) }
      for (const id of ids) {
        const accepted = await change<Tenant>(context, options, {
          question: offboard ? `Delete tenant ${id} and all its vectors, for good?` : `Serve tenant ${id} again?`,
          request: { method: 'POST', path: `/tenants/${encodeURIComponent(id)}/accept`, body },
          look: (api) => lookAtTenant(api, id, heldWords),
        })
        if (accepted === undefined) continue
        if (options.json) context.writeJson(accepted)
        else context.write(`${id}: ${accepted.status}${placeOf(accepted)}`)
      }
      if (ids.length === 0) context.remark('No tenant has a place suggested.')
    })
}

function heldWords({ status, held }: { readonly status: string; readonly held?: Tenant['held'] }): string {
  if (held == null) return wouldBeRefused(`it is ${status}, and not held`)
  const place = held.generation === undefined ? '' : `, generation ${held.generation}`
  return `The store says: ${held.verdict}${place}.`
}

function placeOf({ placement }: Tenant): string {
  return placement === null ? '' : ` in ${placement.index}, generation ${placement.generation}`
}

async function listSuggested(context: Context): Promise<readonly string[]> {
  const api = await context.api()
  const { items } = await listAll<Tenant>(api, '/tenants', { status: 'held' }, Number.POSITIVE_INFINITY)
  return items.flatMap(({ id, held }) => (held !== null && sure.has(held.verdict) ? [id] : []))
}
