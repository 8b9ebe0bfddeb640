/** A route of the deployment's two listeners, as the router lists it. */
export interface ProbedRoute {
  /** As in `POST /retrieve` or, in the vendor's dialect, `POST /query (Api-Key)`. */
  readonly name: string
  readonly method: string
  /** In OpenAPI notation. */
  readonly path: string
  readonly side: 'public' | 'admin'
  /** Whether it takes what proves the caller as `Api-Key`. */
  readonly isVendors: boolean
}

/** One request of a route, without what proves the caller. */
export interface Ask {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** A file for an upload form, with further files and the fields beside it. */
  readonly form?: {
    readonly text: string
    readonly more?: readonly string[]
    readonly fields: Readonly<Record<string, string>>
  }
  /** A record that the asker's own place shows after the write, and a text in it: it went there and not elsewhere. */
  readonly lands?: { readonly recordId: string; readonly holds: string }
  /** The asker's own text has to be in the answer: a request that finds nothing proves nothing. */
  readonly showsOwn?: true
  /** It names ids or words of another canary, which the answer may repeat; that one's text it may never hold. */
  readonly namesOther?: true
  /** Asked once a canary and phase: it is answered by a model that costs money. */
  readonly isCostly?: true
  /** A write that removes what the other requests use: it comes last. */
  readonly isLast?: true
  /** Its answer may tell of ids that another has too. */
  readonly writesAnyId?: true
  /** It has to be refused: with 4xx, or with 401 or 403 before anything else of it is looked at. */
  readonly isRefused?: 'somehow' | 'at the door'
}
