import type { SettingReader } from './setting-reader.ts'

/** Limits of one attempt at each dependency, and when requests are refused for lack of time. */
export interface PatienceSettings {
  readonly storeReadMs: number
  readonly storeWriteMs: number
  readonly embeddingMs: number
  readonly rerankMs: number
  /** Longest silence of the answer model. */
  readonly answerMs: number
  /** Delay of the event loop above which new requests are refused; 0: never. */
  readonly loopDelayMs: number
}

/** A claim of a document, and a record's row in the change log, count on a write of at most 25 s. */
const storeWriteMaxS = 24

export function patienceOf(read: SettingReader): PatienceSettings {
  const seconds = (name: Parameters<SettingReader['number']>[0], max: number) =>
    read.number(name, { min: 0.1, max, fraction: true }) * 1000
  return {
    storeReadMs: seconds('STORE_READ_TIMEOUT_S', 60),
    storeWriteMs: seconds('STORE_WRITE_TIMEOUT_S', storeWriteMaxS),
    embeddingMs: seconds('EMBEDDING_TIMEOUT_S', 300),
    rerankMs: seconds('RERANK_TIMEOUT_S', 60),
    answerMs: seconds('ANSWER_TIMEOUT_S', 600),
    loopDelayMs: read.number('SHED_LOOP_DELAY_MS', { min: 0, max: 60_000 }),
  }
}
