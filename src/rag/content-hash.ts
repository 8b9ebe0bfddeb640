import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import type { Metadata } from '../stores/store.ts'
import type { ChunkRule } from './chunk.ts'

/** Raised when the cutting changes: what is stored was cut otherwise and has to be written anew. */
const cuttingVersion = 1

interface Content {
  readonly text: string
  readonly source: string | null
  readonly metadata: Metadata
}

/** SHA-256, hex, over everything that decides what the store holds of a document. */
export function contentHash(content: Content, model: string, rule: ChunkRule): string {
  const parts = [cuttingVersion, rule.tokens, rule.overlap, model, content.source, content.metadata, content.text]
  return createHash('sha256').update(canonicalJson(parts)).digest('hex')
}
