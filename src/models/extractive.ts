import { coverage, relatedScores } from '../lexical/related.ts'
import { exactWords, type WordVectors } from '../lexical/word-vectors.ts'
import type { Answerer, AnswerPart, AnswerTask, TaskSource } from './answerer.ts'
import { leansOnPrevious, type Passage, passagesOf } from './passages.ts'

const quotesMax = 3
/** Quotes that score below this share of the best one are left out. */
const nearBest = 0.75
/** Weight of the headings above a sentence: they tell its subject, but count less than the sentence. */
const contextWeight = 0.6
/** Lower bar for the most relevant source: its sentences need fewer words of the question. */
const sourceWeight = 0.8

/**
 * Quotes the sentences of the sources that best match the question. It calls no model and invents nothing; where the
 * sources do not answer, it writes nothing.
 *
 * @param words related words, where known: so that "pills" finds "tablets".
 */
export function extractiveAnswerer(words: WordVectors = exactWords): Answerer {
  return {
    model: 'extractive',
    async write(task) {
      return quoted(quotesOf(task, words))
    },
    async [Symbol.asyncDispose]() {},
  }
}

interface Quote {
  readonly passage: Passage
  readonly number: number
  readonly at: number
  readonly score: number
}

async function* quoted(quotes: readonly Quote[]): AsyncGenerator<AnswerPart> {
  for (const [at, { passage, number }] of quotes.entries()) {
    const subject = leansOnPrevious(passage) && passage.previous ? `${passage.previous.text} ` : ''
    yield { quote: `${at === 0 ? '' : ' '}${subject}${passage.text}` }
    yield { text: ` [${number}]` }
  }
  yield { finish: 'stop', usage: {}, isAnswered: quotes.length > 0 }
}

/** The chosen quotes, in the order of the sources. */
function quotesOf({ question, sources }: AnswerTask, words: WordVectors): readonly Quote[] {
  const answering = sources
    .map((source) => ({ source, relevance: relevanceOf(question, source, words) }))
    .filter(({ source, relevance }) => relevance >= (source.similarity === undefined ? wordsFloor : floor))
  const mostRelevant = Math.max(...answering.map(({ relevance }) => relevance))
  const passages = answering.flatMap(({ source: { number, text, heading }, relevance }) =>
    passagesOf(text, heading).map((passage) => ({ number, passage, standing: relevance / mostRelevant })),
  )
  const judged = (textOf: (passage: Passage) => string) => {
    return relatedScores(
      question,
      passages.map(({ passage }) => textOf(passage)),
      words,
    )
  }
  const said = judged(({ text }) => text)
  const meant = judged(({ context, text }) => `${context} ${text}`)
  const scored = passages.map((one, at) => {
    const [own = 0, whole = 0] = [said[at], meant[at]]
    return { ...one, at, own, score: own + contextWeight * Math.max(0, whole - own) + sourceWeight * one.standing ** 2 }
  })
  const best = scored.toSorted((a, b) => b.score - a.score || a.at - b.at)
  const [first] = best
  // Where one sentence has words of the question, one that has none adds nothing.
  const near = best.filter(({ own, score }) => {
    return first !== undefined && score >= first.score * nearBest && (own > 0 || first.own === 0)
  })
  const once = new Map(near.toReversed().map((one) => [one.passage.text, one]))
  const chosen = near.filter((one) => once.get(one.passage.text) === one).slice(0, quotesMax)
  const covered = new Set(chosen.flatMap(({ passage }) => (leansOnPrevious(passage) ? [passage.previous] : [])))
  return chosen.filter(({ passage }) => !covered.has(passage)).toSorted((a, b) => a.at - b.at)
}

/** Calibrated on held-out questions (docs/evaluation.md); `eval` prints both rates. */
const floor = 0.675
const wordsCount = 0.45
/** Bar for sources without a measured similarity, where words alone decide. */
const wordsFloor = 0.6

function relevanceOf(question: string, { text, heading = '', similarity }: TaskSource, words: WordVectors): number {
  const [covered = 0] = coverage(question, [`${heading} ${text}`], words)
  return similarity === undefined ? covered : similarity + wordsCount * covered
}
