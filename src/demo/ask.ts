import { type DemoMatch, excerpt, isFrom, matchesOf } from './matches.ts'
import type { Tour } from './tour.ts'

/** Asks each company the same question: each finds its own answer. */
export async function askDemo(tour: Tour): Promise<void> {
  const { stage, samples } = tour
  await stage.act('Retrieve: each company finds its own, and only its own')
  for (const sample of samples) {
    const [first] = sample.questions
    if (first === undefined) continue
    stage.say(`${sample.name} asks: ${first.question}`)
    const called = await tour.asTenant(sample.id, '/retrieve', { body: { query: first.question, topK: 3 } })
    const matches = matchesOf(called)
    for (const match of matches.slice(0, 2)) stage.quote(excerpt(match))
    const own = matches.length === 3 && matches.every((match) => isFrom(sample, match))
    stage.claim('All of it is word for word from its own documents', own)
  }
  await answer(tour)
  await askAll(tour)
}

/** Asks one question and shows the answer's sentences, each quoted from a passage in the company's own documents. */
async function answer({ stage, samples, asTenant }: Tour): Promise<void> {
  const [sample] = samples
  const [first] = sample?.questions ?? []
  if (sample === undefined || first === undefined) return
  const { json } = await asTenant(sample.id, '/answer', { body: { question: first.question } })
  const text = typeof json.answer === 'string' ? json.answer : ''
  const sources: readonly DemoMatch[] = Array.isArray(json.sources) ? json.sources : []
  stage.say(`Answered for ${sample.name}, in sentences quoted from what was found:`)
  stage.quote(text)
  const cited = sources.filter((_, at) => text.includes(`[${at + 1}]`))
  const own = sources.every((source) => isFrom(sample, source))
  stage.claim('Every source of the answer is its own, and the answer says which it quotes', own && cited.length > 0)
}

async function askAll({ stage, samples, asTenant }: Tour): Promise<void> {
  let asked = 0
  let found = 0
  let foreign = 0
  for (const sample of samples) {
    for (const { question, documentId } of sample.questions) {
      const matches = matchesOf(await asTenant(sample.id, '/retrieve', { body: { query: question, topK: 3 } }))
      asked += 1
      if (matches.some((match) => match.documentId === documentId)) found += 1
      foreign += matches.filter((match) => !isFrom(sample, match)).length
      stage.ticker(`${asked} questions asked`)
    }
  }
  stage.claim(`${found} of all ${asked} questions find their document among the first three`, found >= asked * 0.9)
  stage.claim(`${foreign} of their passages came from another company`, foreign === 0)
}
