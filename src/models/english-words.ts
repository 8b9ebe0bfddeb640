import { readFile } from 'node:fs/promises'
import { type WordVectors, wordVectors } from '../lexical/word-vectors.ts'

/**
 * Loads vectors of the 20,000 most frequent English words, by which a tablet is near a pill. They accompany the
 * built-in sentence encoder, which knows only English too. `words/NOTICE.md` names their source.
 */
export async function loadEnglishWords(): Promise<WordVectors> {
  const folder = new URL('./words/', import.meta.url)
  const [words, vectors] = await Promise.all([
    readFile(new URL('english.txt', folder), 'utf8'),
    readFile(new URL('english.vectors', folder)),
  ])
  return wordVectors(words.trimEnd().split('\n'), new Int8Array(vectors.buffer, vectors.byteOffset, vectors.length))
}
