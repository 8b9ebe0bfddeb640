/** What a handler answers. A body is JSON text: large answers are spliced from stored JSON, not built twice. */
export interface Answer {
  readonly status: number
  readonly body: string
  /** Sequence number of the write that was made, in its namespace. */
  readonly requestLsn?: number
  /** Highest sequence number that reads of the namespace show. */
  readonly maxIndexedLsn?: number
}

export function json(value: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(value) }
}
