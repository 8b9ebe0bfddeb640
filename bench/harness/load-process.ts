import { type LoadOrder, runLoad } from './load.ts'
import { answerQuestions } from './process.ts'

/** The load generator as a separate process: each question is an order, each answer its result. */
answerQuestions((order) => runLoad(order as LoadOrder))
