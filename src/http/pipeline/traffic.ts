import type { Traffic } from './kit.ts'
import { answerLimits, bodyLimits, Transfers } from './transfers.ts'

/** Bodies and answers in transit on one replica, with the usual limits. */
export function openTraffic(): Traffic & Disposable {
  const bodies = new Transfers(bodyLimits)
  const answers = new Transfers(answerLimits)
  return {
    bodies,
    answers,
    [Symbol.dispose]() {
      bodies[Symbol.dispose]()
      answers[Symbol.dispose]()
    },
  }
}
