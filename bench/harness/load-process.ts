import { type LoadOrder, runLoad } from './load.ts'
import { answerQuestions } from './process.ts'

/** The load generator as a process of its own: each question is an order, each answer its result. */
answerQuestions((order) => runLoad(order as LoadOrder))
