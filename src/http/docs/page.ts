/** A page of the listener itself, outside the API: health, docs, metrics. Open to everyone who reaches the listener. */
export interface Page {
  readonly path: string
  readonly serve: (request: Request) => PageAnswer | Promise<PageAnswer>
  /** Health is the one exception to the headers that every answer carries. */
  readonly plain?: true
}

export interface PageAnswer {
  readonly status?: number
  readonly contentType: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}
