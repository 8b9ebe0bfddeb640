import { AppError } from '../../errors.ts'
import type { AnswerEnd, TenantAnswerer } from '../../models/answerer.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { CallOptions } from '../../stores/store.ts'
import type { RetrieveAnswer } from '../retrieve/search-tenant.ts'
import type { FoundPassages } from './answer-question.ts'
import type { AnswerSource } from './answer-sources.ts'
import { CitationCheck } from './citations.ts'
import { promptOf } from './prompt.ts'

/** Notes on a complete answer. */
export interface AnswerNotes {
  /** The model; `extractive`: its sentences are quotes and no model was called; `none`: there were no sources. */
  readonly answeredBy: string
  readonly finish: AnswerEnd['finish']
  /** The cited sources. */
  readonly citations: readonly Pick<AnswerSource, 'number' | 'id' | 'documentId'>[]
  /** Numbers that the model cited without a source: their marks were removed from the answer. */
  readonly removedCitations: readonly number[]
  readonly usage: RetrieveAnswer['usage'] & AnswerEnd['usage']
  readonly route: RetrieveAnswer['route']
}

/** A piece of an answer; `restart` discards the text before it. */
export type AnswerBit = { readonly text: string } | { readonly restart: true }

const nothingFound = 'Nothing was found in the documents that answers this question.'

/**
 * Begins the answer; without any source it calls no model.
 *
 * @returns its text piece by piece, and finally its notes.
 * @throws AppError as `TenantAnswerer.write` does; `answer_unavailable` also for a model that writes nothing.
 */
export async function writeAnswer(
  answerer: TenantAnswerer,
  question: string,
  found: FoundPassages,
  options: CallOptions & { readonly tenantId: TenantId },
): Promise<AsyncGenerator<AnswerBit, AnswerNotes>> {
  const { sources } = found
  if (sources.length === 0) return nothing(found)
  const given = sources.map(({ id, number, text, position }) => {
    return { number, text, heading: position?.heading, similarity: found.similarity.get(id) }
  })
  const parts = await answerer.write({ question, sources: given, prompt: promptOf(question, sources) }, options)
  return checked(answerer.model, parts, found)
}

async function* nothing({ usage, route }: FoundPassages): AsyncGenerator<AnswerBit, AnswerNotes> {
  yield { text: nothingFound }
  return { answeredBy: 'none', finish: 'stop', citations: [], removedCitations: [], usage, route }
}

async function* checked(
  answeredBy: string,
  parts: Awaited<ReturnType<TenantAnswerer['write']>>,
  found: FoundPassages,
): AsyncGenerator<AnswerBit, AnswerNotes> {
  const { sources, usage, route } = found
  const check = new CitationCheck(sources.map(({ text }) => text))
  let end: AnswerEnd | undefined
  let isBlank = true
  const bits = function* (text: string): Generator<AnswerBit> {
    if (check.takeRestart()) {
      isBlank = true
      yield { restart: true }
    }
    if (text === '') return
    isBlank &&= text.trim() === ''
    yield { text }
  }
  for await (const part of parts) {
    if ('finish' in part) end = part
    else yield* bits('quote' in part ? check.quote(part.quote) : check.push(part.text))
  }
  yield* bits(check.end())
  if (isBlank && end?.isAnswered === false) return yield* nothing(found)
  if (end === undefined || isBlank) {
    throw new AppError('answer_unavailable', 'The answer model wrote nothing. Try again.')
  }
  const cited = check.cited
  return {
    answeredBy,
    finish: end.finish,
    citations: sources
      .filter(({ number }) => cited.includes(number))
      .map(({ number, id, documentId }) => ({ number, id, documentId })),
    removedCitations: check.removed,
    usage: { ...usage, ...end.usage },
    route,
  }
}
