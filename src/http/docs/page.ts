/** A page of the listener outside the API: health, docs, metrics. Everyone who reaches the listener may read it. */
export interface HtmlPage {
  readonly path: string
  readonly serve: (request: Request) => PageAnswer | Promise<PageAnswer>
  /** Set for health, the only page without the usual headers. */
  readonly plain?: true
}

export interface PageAnswer {
  readonly status?: number
  readonly contentType: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}
