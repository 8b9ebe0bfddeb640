import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Principal } from '../../auth/principal.ts'
import type { Form } from '../request/form.ts'
import type { Deadline } from './deadline.ts'
import type { Access, Call } from './route.ts'

interface CallParts {
  readonly request: Request
  readonly incoming: IncomingMessage | undefined
  /** The socket's side, when a server serves the request; absent in `app.request`. */
  readonly outgoing: ServerResponse | undefined
  readonly requestId: string
  readonly principal: Principal | undefined
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly form: Form | undefined
  readonly deadline: Deadline | undefined
}

/** A handler's input. The logger and the signal are made on first use: quick answers need neither. */
export class ServedCall {
  readonly requestId: string
  readonly principal: Principal | undefined
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly form: Form | undefined
  readonly #request: Request
  readonly #incoming: IncomingMessage | undefined
  readonly #outgoing: ServerResponse | undefined
  readonly #parentLog: Logger
  readonly #deadline: Deadline | undefined
  #log: Logger | undefined
  #controller: AbortController | undefined

  constructor(parts: CallParts, log: Logger) {
    this.requestId = parts.requestId
    this.principal = parts.principal
    this.params = parts.params
    this.query = parts.query
    this.body = parts.body
    this.form = parts.form
    this.#request = parts.request
    this.#incoming = parts.incoming
    this.#outgoing = parts.outgoing
    this.#parentLog = log
    this.#deadline = parts.deadline
  }

  get address(): string | undefined {
    return this.#incoming?.socket?.remoteAddress
  }

  get log(): Logger {
    this.#log ??= this.#parentLog.child({ requestId: this.requestId })
    return this.#log
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#watch(new AbortController())
    return this.#controller.signal
  }

  /** Aborts the handler's running work, as when the caller disconnects. */
  abort(reason: unknown): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
  }

  get timeLimit(): AbortSignal | undefined {
    return this.#deadline?.signal
  }

  header = (name: string): string | undefined => this.#request.headers.get(name) ?? undefined

  #watch(controller: AbortController): AbortController {
    const gone = () => controller.abort(new DOMException('The caller has disconnected.', 'AbortError'))
    const limit = this.#deadline?.signal
    limit?.addEventListener('abort', () => controller.abort(limit.reason), { once: true })
    const outgoing = this.#outgoing
    if (outgoing === undefined) {
      if (this.#request.signal.aborted) gone()
      else this.#request.signal.addEventListener('abort', gone, { once: true })
    } else if (outgoing.destroyed) {
      gone()
    } else {
      outgoing.once('close', () => {
        if (!outgoing.writableFinished) gone()
      })
    }
    return controller
  }
}

/** Casts safely: `serve-route.ts` has checked principal and fields against the route by then. */
export function asCall(call: ServedCall): Call<Access, unknown, unknown, unknown> {
  return call
}
