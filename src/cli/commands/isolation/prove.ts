import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { AdminApi } from '../../kit/admin-api.ts'
import { positiveNumber } from '../../kit/arguments.ts'
import { change } from '../../kit/change.ts'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'
import { printable } from '../../kit/printable.ts'
import { showDocument } from '../../kit/show.ts'
import { type ChangeOptions, changing } from '../../kit/verb.ts'
import { pollToTheEnd } from '../../watch/poll-to-the-end.ts'
import type { IsolationRun } from './isolation-run.ts'
import { reportText } from './report-text.ts'

interface Options extends ChangeOptions {
  readonly move?: boolean
  readonly silos: number
  readonly watch: boolean
  readonly out?: string
}

export function proveIsolationRun(context: Context): Command {
  return changing({
    usage: 'run',
    summary: 'prove on the running deployment that no tenant sees or changes another (what prove-isolation alone does)',
    example: 'prove-isolation --out report.json --yes',
  })
    .option('--move', 'also promote a canary and roll it back; this makes an index')
    .option('--silos <n>', 'customers with an index of their own that canaries name, at most', positiveNumber, 3)
    .option('--no-watch', 'do not wait for the end')
    .option('--out <file>', 'write the signed report to this file')
    .action(async ({ move = false, silos, watch, out, ...options }: Options) => {
      const started = await change<IsolationRun>(context, options, {
        question: `Prove isolation? Canaries are onboarded in each shared index${move ? ', one is promoted and rolled back' : ''}, and every route is asked.`,
        request: { method: 'POST', path: '/isolation/runs', body: { move, silos } },
        look: lookAtRuns,
      })
      if (started === undefined) return
      if (!watch) {
        showDocument(context, options, started)
        return
      }
      if (!options.json) context.remark(`Run ${started.id} has begun. Ctrl-C leaves it running.`)
      const run = await untilEnded(context, await context.api(), started, options)
      await showEnd(context, options, run, out)
    })
}

/** Shows the end of a run. @throws CliError `failed` unless it passed */
async function showEnd(
  context: Context,
  { json }: { readonly json?: true },
  run: IsolationRun,
  out: string | undefined,
): Promise<void> {
  if (out !== undefined && run.signed !== null) await writeFile(out, `${JSON.stringify(run.signed, null, 2)}\n`)
  if (json) context.writeJson(run)
  else if (run.signed !== null) for (const line of reportText(run.signed.report)) context.write(printable(line))
  if (run.state === 'passed') return
  if (run.signed === null) throw new CliError('failed', `The run has no report: ${printable(run.fault ?? run.state)}`)
  const frozen = run.isFreezing
    ? ` All moves are frozen. Mend the cause, then: ${context.asCalled(`tenant-router prove-isolation thaw ${run.id}`)}`
    : ''
  throw new CliError('failed', `Isolation is not proven: ${run.state}.${frozen}`)
}

const pollMs = 1_000

async function untilEnded(
  context: Context,
  api: AdminApi,
  started: IsolationRun,
  { json }: Pick<Options, 'json'>,
): Promise<IsolationRun> {
  const path = `/isolation/runs/${started.id}`
  let said = ''
  return pollToTheEnd(context, started, {
    read: () => api.send<IsolationRun>({ method: 'GET', path }),
    isOver: ({ endedAt }) => endedAt !== null,
    show({ step, endedAt }) {
      if (step !== said && endedAt === null && !json) context.write(`${new Date().toISOString()} ${printable(step)}`)
      said = step
    },
    everyMs: pollMs,
    goesOn: 'the run goes on',
    again: `See it, and its report once it has ended, with: tenant-router prove-isolation show ${started.id}`,
  })
}

async function lookAtRuns(api: AdminApi): Promise<readonly string[]> {
  const { items } = await api.send<{ items: readonly IsolationRun[] }>({
    method: 'GET',
    path: '/isolation/runs?limit=1',
  })
  const [last] = items
  if (last === undefined) return ['No run was made yet.']
  if (last.endedAt === null) return [`Run ${last.id} is under way now: the server would refuse another one.`]
  return [
    `The last run, ${last.id}, ended ${last.endedAt}: ${last.state}${last.isFreezing ? ', and freezes moves' : ''}.`,
  ]
}
