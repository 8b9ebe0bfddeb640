import type { Db } from '../../db/connect.ts'
import type { Gate, NextStep } from '../state/gate.ts'
import { asMover, changeMove, type MoveRow } from '../state/move-history.ts'
import { isBeforeSwitch } from '../state/move-state.ts'
import type { StepName } from '../state/next-step.ts'
import { readRouting } from '../state/read-places.ts'
import type { Stopped, StopReason } from '../state/stop-reason.ts'
import { openFence } from '../switch/cutover.ts'

/**
 * Stops a move until a person decides, and records why. It releases held writes. Before the cutover the move is paused;
 * a rollback that has not cut over soaks again, and keeps copying writes back.
 */
export async function stopForPerson(
  db: Db,
  move: MoveRow,
  step: StepName,
  reason: StopReason,
  at: Date,
): Promise<void> {
  await asMover(db, move, async (tx, row) => {
    // A person has decided since the step began: its reason is of before that, and what was asked for stands.
    if (row.request !== move.request || row.acceptedLoss !== move.acceptedLoss) return
    if (row.recallAccepted !== move.recallAccepted || row.evaluation?.at !== move.evaluation?.at) return
    const { phase } = await readRouting(tx, row)
    if (phase === 'fence') await openFence(tx, row)
    const stopped: Stopped = { ...reason, step, at: at.toISOString() }
    await changeMove(tx, row, { ...restOf(row, phase), stopped, attempts: 0, error: null }, { stopped: reason.words })
  })
}

function restOf(row: MoveRow, phase: string) {
  if (isBeforeSwitch(row.state)) return { state: 'paused', pausedState: row.state, request: null } as const
  const isUnswitched = row.state === 'rolling_back' && (phase === 'soak' || phase === 'fence')
  return isUnswitched || row.state === 'soaking' ? ({ state: 'soaking', request: null } as const) : {}
}

/** The gate of a stopped move. */
export function stoppedGate(row: Pick<MoveRow, 'id' | 'state' | 'tenantId'>, stopped: Stopped): Gate {
  const { words, records, step, ofRecall } = stopped
  const verb = verbs[step]
  if (ofRecall !== undefined) return { kind: 'needs_person', message: words, choices: recallChoices(row, ofRecall) }
  return {
    kind: 'needs_person',
    message: words,
    count: records,
    choices: verb === undefined ? [] : choicesOf(verb, row.id, records),
  }
}

/** The ways on of a move whose recall is unknown, or lower than demanded. */
function recallChoices(
  { id, tenantId }: Pick<MoveRow, 'id' | 'tenantId'>,
  ofRecall: 'unmeasured' | 'lower',
): readonly NextStep[] {
  const measure: NextStep = {
    command: `tenant-router eval --tenant ${tenantId} --set FILE --move ${id}`,
    effect: 'asks both places your questions, and continues if the recall is as demanded',
  }
  const accept: NextStep = {
    command: `tenant-router moves resume ${id} --accept-recall`,
    effect: ofRecall === 'lower' ? 'continues with the lower recall' : 'continues without measuring it',
    decides: { verb: 'resume', acceptLoss: 0, acceptRecall: true },
  }
  return [measure, accept]
}

function choicesOf(verb: Decision, id: string, records: number): readonly NextStep[] {
  const command = `tenant-router moves ${verb} ${id}`
  const effect = 'counts again, and continues if it was repaired'
  const again: NextStep = { command, effect, decides: { verb, acceptLoss: 0 } }
  if (records === 0) return [again]
  const accept: NextStep = {
    command: `${command} --accept-loss ${records}`,
    effect: `continues anyway, and gives up ${records} record(s)`,
    decides: { verb, acceptLoss: records },
  }
  return [again, accept]
}

type Decision = NonNullable<NextStep['decides']>['verb']

/** The verb by which a person lets a step go on. */
const verbs: Partial<Record<StepName, Decision>> = {
  copy: 'resume',
  verify: 'resume',
  fence: 'resume',
  soak: 'rollback',
  complete: 'complete',
  cancel: 'cancel',
  rollBack: 'rollback',
}
