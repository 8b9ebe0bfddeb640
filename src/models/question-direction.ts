import { readFile } from 'node:fs/promises'

/**
 * Loads what turns the built-in encoder's vector of a question into the one to search with. All questions are alike by
 * that encoder (half of a vector's length is their mean), and texts that answer share none of it, so the common direction
 * is taken out ("all but the top", Mu and Viswanath 2018, for the first direction). The result is a unit vector.
 *
 * `scripts/question-direction.ts` makes the file, and `npm run format` lays it out.
 */
export async function loadSearchVector(): Promise<(question: readonly number[]) => readonly number[]> {
  const file = new URL('./words/question.direction.json', import.meta.url)
  const direction: readonly number[] = JSON.parse(await readFile(file, 'utf8'))
  return (question) => {
    const along = question.reduce((sum, value, at) => sum + value * (direction[at] ?? 0), 0)
    const rest = question.map((value, at) => value - along * (direction[at] ?? 0))
    const length = Math.hypot(...rest)
    return length === 0 ? question : rest.map((value) => value / length)
  }
}
