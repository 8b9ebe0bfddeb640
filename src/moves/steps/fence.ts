import { whyRecallStops } from '../state/evaluation.ts'
import { cutOver } from '../switch/cutover.ts'
import { stopIf } from '../switch/guard-loss.ts'
import { next, type Step } from '../sync/step.ts'

/**
 * The cutover: writes are held while the tail is copied, at most for the fence's budget. A move that demands a recall
 * does not begin it before that is shown.
 */
export const fence: Step = async (context) => {
  stopIf(whyRecallStops(context.move))
  const result = await cutOver(context, { state: 'switching' })
  if (result !== undefined) return result
  await context.at('flip: switched')
  return next
}
