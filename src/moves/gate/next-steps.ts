import type { Gate, NextStep } from '../state/gate.ts'
import type { MoveRow } from '../state/journal.ts'
import { isBeforeSwitch, isEnded } from '../state/move-state.ts'

/** A person's possible next steps for a move, as commands to paste; the way on first, the way out last. */
export function nextSteps(
  row: Pick<MoveRow, 'id' | 'state' | 'pausedState' | 'request' | 'switchedAt'>,
  gate: Gate | undefined,
) {
  const { id, state, request } = row
  const say = (verb: string, effect: string): NextStep => ({ command: `tenant-router moves ${verb} ${id}`, effect })
  const steps: NextStep[] = [...(gate?.choices ?? [])]
  if (isEnded(state)) return steps
  if (gate?.kind === 'movers_busy' || gate?.kind === 'index_busy' || gate?.kind === 'project_busy')
    steps.push({ command: 'tenant-router moves list', effect: 'shows which moves are carried on now' })
  if (request !== null) return steps
  if (state === 'paused') steps.push(say('resume', 'goes on where it was'))
  else if (isBeforeSwitch(state)) {
    steps.push(say('pause', 'leaves it as it is and gives its turn to the next; the app goes on writing'))
  }
  if (isBeforeSwitch(row.pausedState ?? state))
    steps.push(say('cancel', 'drops the target; the tenant stays where it is, and nothing is lost'))
  if (state === 'soaking') {
    steps.push(say('complete', 'deletes the old place now; there is no way back from that'))
    steps.push(say('rollback', 'goes back to the old place with everything that was written since'))
  }
  return steps
}
