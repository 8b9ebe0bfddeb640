import { cutOver } from '../switch/cutover.ts'
import { next, type Step } from '../sync/step.ts'

/** The cutover: writes are held while the tail is copied, at most for the fence's budget. */
export const fence: Step = async (context) => {
  const result = await cutOver(context, { state: 'switching' })
  if (result !== undefined) return result
  await context.at('flip: switched')
  return next
}
