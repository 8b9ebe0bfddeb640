import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { agree } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { showDocument, showList } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { parseMap } from './parse-map.ts'

interface Options extends ChangeOptions {
  readonly index: string
  readonly project?: string
  readonly map?: string
  readonly pattern?: string
}

interface Adoption extends Record<string, unknown> {
  readonly counts: Readonly<Record<'new' | 'ours' | 'conflict' | 'skipped', number>>
  readonly records: number
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly leftOff: number
}

/** A listing of 100,000 namespaces is a thousand pages. */
const timeoutMs = 600_000

export function tenantsAdopt(context: Context): Command {
  return changing({
    usage: 'adopt',
    summary: 'make namespaces of an adopted index tenants, all or none; a repeat changes nothing',
    example: "tenants adopt --index help-centre --pattern 'customer-{id}' --dry-run",
  })
    .requiredOption('--index <name>', 'the adopted index')
    .option('--project <project>', 'the Pinecone project that has it (default: the default one)')
    .option('--map <file>', 'a CSV file with the columns namespace and tenant')
    .option('--pattern <pattern>', 'the name of a namespace, with {id} where the tenant’s id is')
    .action(async ({ index, project, map, pattern, ...options }: Options) => {
      if ((map === undefined) === (pattern === undefined)) {
        throw new CliError('usage', 'Give exactly one of --map and --pattern.')
      }
      const body = {
        index,
        ...(project !== undefined && { project }),
        ...(map === undefined ? { pattern } : { map: parseMap(await readMap(map), map) }),
      }
      const api = await context.api()
      const plan = await send(api, body, true)
      if (options.dryRun || !options.json) show(context, options, plan)
      if (options.dryRun) return
      if (plan.counts.conflict > 0) {
        throw new CliError('refused', `Refused: ${plan.counts.conflict} in conflict. Nothing was written.`)
      }
      await agree(context, options, `Adopt ${plan.counts.new} tenants of index ${index}?`)
      const done = await send(api, body, false)
      if (options.json) context.writeJson(done)
      else showDocument(context, options, { adopted: done.adopted, records: done.records })
    })
}

function send(api: AdminApi, body: Readonly<Record<string, unknown>>, dryRun: boolean): Promise<Adoption> {
  return api.send<Adoption>({ method: 'POST', path: `/tenants/adopt?dryRun=${dryRun}`, body, timeoutMs })
}

function show(context: Context, options: ChangeOptions, plan: Adoption): void {
  if (options.json) {
    context.writeJson(plan)
    return
  }
  showList(
    context,
    options,
    { items: plan.rows },
    {
      NAMESPACE: (row) => (row.namespace === '' ? "''" : row.namespace),
      TENANT: (row) => row.tenantId ?? '—',
      RECORDS: (row) => row.records ?? '—',
      PLAN: (row) => row.verdict,
      REASON: (row) => row.reason ?? '',
    },
  )
  if (plan.leftOff > 0) context.remark(`${plan.leftOff} more rows are not shown.`)
  const { counts, records } = plan
  context.remark(
    `${counts.new} new with ${records} records, ${counts.ours} already ours, ${counts.conflict} in conflict, ${counts.skipped} skipped.`,
  )
}

async function readMap(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CliError('usage', `The map ${path} can't be read.`, { cause: error })
  }
}
