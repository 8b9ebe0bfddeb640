import { readFile, writeFile } from 'node:fs/promises'
import { startLocalEmbedder } from '../src/models/local.ts'

/**
 * Makes `src/models/words/question.direction.json`: the direction of the mean vector of questions by the built-in
 * encoder, a unit vector. The questions are those of the sample tenants that are not kept unseen.
 */
const examples = new URL('../examples/', import.meta.url)
const questions: string[] = []
for (const tenant of ['acme-bikes', 'harbor-bank', 'lumen-energy', 'northwind-clinic']) {
  for (const set of ['questions', 'tuning']) {
    const all = JSON.parse(await readFile(new URL(`${tenant}/${set}.json`, examples), 'utf8')) as {
      question: string
      unanswerable?: boolean
    }[]
    questions.push(...all.filter(({ unanswerable }) => unanswerable !== true).map(({ question }) => question))
  }
}
await using encoder = await startLocalEmbedder()
const { vectors } = await encoder.embed(questions)
const mean = Array.from({ length: encoder.dimension }, (_, at) => vectors.reduce((sum, one) => sum + (one[at] ?? 0), 0))
const length = Math.hypot(...mean)
const direction = mean.map((value) => Number((value / length).toFixed(5)))
const file = new URL('../src/models/words/question.direction.json', import.meta.url)
await writeFile(file, `${JSON.stringify(direction)}\n`)
console.log(`${questions.length} questions`)
