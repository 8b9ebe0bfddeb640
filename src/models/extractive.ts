import { bm25 } from '../lexical/bm25.ts'
import type { Answerer, AnswerPart, AnswerTask } from './answerer.ts'
import { sentencesOf } from './sentences.ts'

const quotesMax = 3

/** Quotes the sentences of the sources that share most with the question. It calls no model and makes nothing up. */
export function extractiveAnswerer(): Answerer {
  return {
    model: 'extractive',
    async write(task) {
      return quoted(bestSentences(task))
    },
    async [Symbol.asyncDispose]() {},
  }
}

interface Quote {
  readonly text: string
  readonly number: number
}

async function* quoted(quotes: readonly Quote[]): AsyncGenerator<AnswerPart> {
  for (const [at, { text, number }] of quotes.entries()) yield { text: `${at === 0 ? '' : ' '}${text} [${number}]` }
  yield { finish: 'stop', usage: {} }
}

/** The chosen ones stand as they stood in the sources. */
function bestSentences({ question, sources }: AnswerTask): readonly Quote[] {
  const sentences = sources.flatMap(({ number, text }) =>
    sentencesOf(text).map((sentence) => ({ number, text: sentence })),
  )
  const scores = bm25(
    question,
    sentences.map(({ text }) => text),
  )
  const scored = sentences.map((sentence, at) => ({ ...sentence, at, score: scores[at] ?? 0 }))
  const best = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score || a.at - b.at)
  const near = best.filter(({ score }) => score >= (best[0]?.score ?? 0) / 2)
  const once = new Map(near.toReversed().map((one) => [one.text, one]))
  const chosen = near.filter((one) => once.get(one.text) === one).slice(0, quotesMax)
  // Nearness in meaning needs no shared word: then the nearest source speaks for itself.
  return chosen.length > 0 ? chosen.toSorted((a, b) => a.at - b.at) : scored.slice(0, 1)
}
