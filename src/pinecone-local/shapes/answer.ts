/** A handler's answer. A body is JSON text: large answers are spliced from stored JSON instead of built twice. */
export interface LocalAnswer {
  readonly status: number
  readonly body: string
  /** Sequence number of this write in its namespace. */
  readonly requestLsn?: number
  /** Highest sequence number that reads of the namespace show. */
  readonly maxIndexedLsn?: number
}

export function json(value: unknown, status = 200): LocalAnswer {
  return { status, body: JSON.stringify(value) }
}
