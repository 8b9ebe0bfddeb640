import { readFile } from 'node:fs/promises'
import { withRelations } from '../lexical/word-relations.ts'
import { type WordVectors, wordVectors } from '../lexical/word-vectors.ts'

const folder = new URL('./words/', import.meta.url)

/**
 * Loads vectors of the 20,000 most frequent English words, by which a tablet is near a pill. They accompany the
 * built-in sentence encoder, which knows only English too. `words/NOTICE.md` names their source.
 */
export async function loadEnglishVectors(): Promise<WordVectors> {
  const [words, vectors] = await Promise.all([
    readFile(new URL('english.txt', folder), 'utf8'),
    readFile(new URL('english.vectors', folder)),
  ])
  return wordVectors(words.trimEnd().split('\n'), new Int8Array(vectors.buffer, vectors.byteOffset, vectors.length))
}

/** The same with the relations of WordNet, which find more and tell less whether a text answers (docs/evaluation.md). */
export async function loadEnglishWords(): Promise<WordVectors> {
  const relations = readFile(new URL('english.relations', folder), 'utf8')
  return withRelations(await loadEnglishVectors(), await relations)
}
