import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

const channel = 'http.server.request.start'

export interface SeenRequest {
  readonly url: string
  readonly traceparent: string | undefined
  readonly baggage: string | undefined
}

/** Requests that any server of this process was sent: the store, the models and the reranker of a test. */
export function seenRequests(): { readonly all: readonly SeenRequest[] } & Disposable {
  const all: SeenRequest[] = []
  const see = (message: unknown) => {
    const { url = '', headers } = (message as { readonly request: IncomingMessage }).request
    all.push({
      url,
      traceparent: headers.traceparent?.toString(),
      baggage: headers.baggage?.toString(),
    })
  }
  subscribe(channel, see)
  return { all, [Symbol.dispose]: () => void unsubscribe(channel, see) }
}
