import { createHash } from 'node:crypto'
import { canonicalJson } from '../../canonical-json.ts'
import type { Metadata } from '../../stores/store.ts'
import type { ChunkRule } from '../chunks/chunk-rule.ts'

/** Raised when splitting changes: stored documents must then be written again. */
const cuttingVersion = 3

/** The parts that a document's records in the store are made from. */
export interface DocumentContent {
  readonly text: string
  readonly source: string | null
  readonly metadata: Metadata
  readonly pageStarts: readonly number[]
  readonly rule: ChunkRule
}

/** SHA-256, hex, over everything that decides a document's records in the store. */
export function contentHash(content: DocumentContent, model: string): string {
  const { text, source, metadata, pageStarts, rule } = content
  const cutting = [cuttingVersion, rule.strategy, rule.tokens, rule.overlap]
  const parts = [...cutting, pageStarts, model, source, metadata, text]
  return createHash('sha256').update(canonicalJson(parts)).digest('hex')
}
