import type { Command } from 'commander'
import type { AdminApi } from '../kit/admin-api.ts'
import { change } from '../kit/change.ts'
import type { Context } from '../kit/context.ts'
import type { Move } from '../kit/move.ts'
import { resolveId } from '../kit/resolve-id.ts'
import { showDocument } from '../kit/show.ts'
import { type AcceptLossOptions, steerPath } from './steer-path.ts'
import { idFor, type WantedEnd, watchToTheEnd } from './watch-to-the-end.ts'

export interface SteerOptions extends AcceptLossOptions {
  readonly watch?: boolean
}

interface SteerWord {
  readonly verb: 'pause' | 'resume' | 'cancel' | 'rollback' | 'complete'
  /** The question to the person, of a move's id. */
  readonly question: (id: string) => string
  /** The end that is watched for; without it the command ends when the server has taken the request. */
  readonly wanted?: WantedEnd
}

/** The option of a verb that sends a move to an end. */
export function withWatch(command: Command): Command {
  return command.option('--no-watch', 'ask for it and return at once')
}

/** Asks the mover for something, and follows the move to the end that was asked for. @throws CliError */
export async function steerMoveCommand(
  context: Context,
  options: SteerOptions,
  typed: string,
  { verb, question, wanted }: SteerWord,
): Promise<void> {
  const api = await context.api()
  const id = await resolveId(api, 'move', typed)
  const request = { method: 'POST', path: steerPath(id, verb, options) } as const
  const shown = idFor(context, id)
  const look = () => lookAtMove(api, id, verb)
  const move = await change<Move>(context, options, { question: question(shown), request, look })
  if (move === undefined) return
  if (wanted === undefined || options.watch === false) {
    if (options.json) showDocument(context, options, move)
    else context.write(`Move ${shown} of tenant ${move.tenantId}: ${stateWords(move)}.`)
    return
  }
  if (!options.json) context.remark(`Asked for. Ctrl-C leaves it running.`)
  await watchToTheEnd(context, api, id, options, wanted)
}

type SteeredMove = Move & { readonly nextSteps?: readonly { readonly command: string }[] }

async function lookAtMove(api: AdminApi, id: string, verb: SteerWord['verb']): Promise<readonly string[]> {
  const move = await api.send<SteeredMove>({ method: 'GET', path: `/moves/${encodeURIComponent(id)}` })
  const isOffered = move.nextSteps?.some(({ command }) => command.includes(` moves ${verb} `)) ?? true
  const now = `The ${move.kind} of tenant ${move.tenantId} is ${stateWords(move)} now.`
  return isOffered ? [now] : [now, `In this state it takes no ${verb}: the server would refuse it.`]
}

function stateWords({ state, requested }: Move): string {
  const words = state.replaceAll('_', ' ')
  return requested ? `${words}; ${requested} is asked for` : words
}
