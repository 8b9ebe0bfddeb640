import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'hono'
import type { Principal } from '../../auth/principal.ts'
import type { Span } from '../../tracing/tracer.ts'
import type { ClaimedPlaces } from '../request/claimed-place.ts'
import type { Form } from '../request/form.ts'
import type { Deadline } from './deadline.ts'
import type { Admission } from './kit.ts'
import { requestIdOf } from './reply.ts'
import type { Reply } from './route.ts'
import type { ServedCall } from './served-call.ts'
import type { Transfer } from './transfers.ts'

/** The server's side of a request; `app.request` has none. */
interface Wire {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

const noWire: Wire = {}

/** One request on its way through the stages of a route; each stage reads the results of earlier ones. */
export class Exchange {
  readonly context: Context
  readonly request: Request
  readonly headers: Headers
  readonly incoming: IncomingMessage | undefined
  readonly outgoing: ServerResponse | undefined
  readonly startedMs = performance.now()
  readonly requestId: string
  span: Span | undefined
  principal: Principal | undefined
  /** The tenant's admission by the limits, held until the answer has been sent. */
  admission: Admission | undefined
  /** The incoming body, and the memory that it holds until the request ends. */
  transfer: Transfer | undefined
  /** Present only where the caller set a time limit. */
  deadline: Deadline | undefined
  places: ClaimedPlaces | undefined
  params: unknown
  query: unknown
  body: unknown
  form: Form | undefined
  call: ServedCall | undefined
  reply: Reply | undefined

  constructor(context: Context) {
    const wire: Wire = context.env ?? noWire
    this.context = context
    this.request = context.req.raw
    this.headers = this.request.headers
    this.incoming = wire.incoming
    this.outgoing = wire.outgoing
    this.requestId = requestIdOf(this.headers.get('x-request-id'))
  }

  /** The caller that this request's memory and connections are counted for. */
  get owner(): string {
    const { principal } = this
    if (principal === undefined) return 'nobody'
    return principal.kind === 'tenant' ? principal.tenantId : `staff ${principal.subject}`
  }

  /** Releases everything that the request holds. */
  end(): void {
    this.transfer?.release()
    this.transfer = undefined
    this.deadline?.end()
    this.admission?.end()
    this.admission = undefined
  }
}
