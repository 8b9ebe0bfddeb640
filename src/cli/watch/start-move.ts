import type { Command } from 'commander'
import type { MovePlan } from '../../moves/plan/plan-view.ts'
import type { MoveKind } from '../../moves/state/move-state.ts'
import { type ApiRequest, optionWords } from '../kit/admin-api.ts'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import { CliError } from '../kit/exit-code.ts'
import type { Move } from '../kit/move.ts'
import { showDocument } from '../kit/show.ts'
import { showAwaiting } from '../kit/show-awaiting.ts'
import { showPlan } from '../kit/show-plan.ts'
import type { ChangeOptions } from '../kit/verb.ts'
import { idFor, watchToTheEnd } from './watch-to-the-end.ts'

export interface MoveOptions extends ChangeOptions {
  readonly watch: boolean
  readonly plan?: true
}

interface WantedMove {
  readonly tenantId: string
  readonly kind: MoveKind
  readonly to?: string | undefined
  readonly model?: string | undefined
  readonly leaveBehind?: number | undefined
  readonly vectorsFrom?: string | undefined
  readonly region?: string | undefined
  readonly project?: string | undefined
  readonly maxRecallLoss?: number | undefined
  /** The move as a question to the person. */
  readonly question: string
}

/** The options of a verb that moves a tenant. */
export function moving(command: Command): Command {
  return command
    .option('--plan', 'show what the move would do and cost, and change nothing; exit 3 if it would be refused')
    .option('--no-watch', 'start the move and return at once')
}

/**
 * Starts a move and follows it to its cutover, or shows its plan.
 * @throws CliError `refused` by the server, or by the plan; `failed` when the move ended without the cutover.
 */
export async function startMoveCommand(context: Context, options: MoveOptions, wanted: WantedMove): Promise<void> {
  const { tenantId, question, ...body } = wanted
  const path = `/tenants/${encodeURIComponent(tenantId)}/moves`
  const request: ApiRequest = { method: 'POST', path, body, fieldsAreOptions: true }
  const plan = async () => {
    const planned = await (await context.api()).send<MovePlan>({ ...request, body: { ...body, plan: true } })
    if (options.dryRun && options.json) context.writeJson({ dryRun: true, method: 'POST', path, body, plan: planned })
    else showPlan(context, options, planned)
    const refusals = planned.refusals.map(({ code, message, faults }) =>
      [`Refused: ${message} (${code})`, ...faults.map((fault) => `  ${optionWords(fault)}`)].join('\n'),
    )
    if (refusals.length > 0) throw new CliError('refused', refusals.join('\n'))
    return []
  }
  if (options.plan || (options.dryRun && options.json)) {
    await plan()
    return
  }
  const move = await change<Move>(context, options, { question, request, look: plan })
  if (move === undefined || showAwaiting(context, options, move)) return
  if (!options.watch) {
    if (options.json) showDocument(context, options, move)
    else context.write(`Move ${move.id} has begun. Watch it with: tenant-router moves watch ${idFor(context, move.id)}`)
    return
  }
  const begun = move.gate ? `is queued: ${move.gate}` : 'has begun'
  if (!options.json) context.remark(`Move ${idFor(context, move.id)} ${begun}. Ctrl-C leaves it running.`)
  await watchToTheEnd(context, await context.api(), move.id, options, 'switched')
}
