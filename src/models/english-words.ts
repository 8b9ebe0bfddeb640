import { readFile } from 'node:fs/promises'
import { type WordVectors, wordVectors } from '../lexical/word-vectors.ts'

/**
 * Vectors of the 20,000 most frequent English words, which say that a tablet is near a pill. They go with the built-in
 * sentence encoder, whose English is all it knows too. `words/NOTICE.md` says where they come from.
 */
export async function loadEnglishWords(): Promise<WordVectors> {
  const folder = new URL('./words/', import.meta.url)
  const [words, vectors] = await Promise.all([
    readFile(new URL('english.txt', folder), 'utf8'),
    readFile(new URL('english.vectors', folder)),
  ])
  return wordVectors(words.trimEnd().split('\n'), new Int8Array(vectors.buffer, vectors.byteOffset, vectors.length))
}
