import type { Gate, NextStep } from '../state/gate.ts'
import type { MoveRow } from '../state/move-history.ts'
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
    steps.push({ command: 'tenant-router moves list', effect: 'shows the moves under way' })
  if (request !== null) return steps
  if (state === 'paused') steps.push(say('resume', 'resumes it where it was'))
  else if (isBeforeSwitch(state)) {
    steps.push(say('pause', 'pauses it and gives its turn to the next; the app keeps writing'))
  }
  if (isBeforeSwitch(row.pausedState ?? state))
    steps.push(say('cancel', 'drops the target; the tenant stays where it is, and nothing is lost'))
  if (state === 'soaking') {
    steps.push(say('complete', 'deletes the old place now; there is no way back from that'))
    steps.push(say('rollback', 'returns to the old place with everything written since'))
  }
  return steps
}
