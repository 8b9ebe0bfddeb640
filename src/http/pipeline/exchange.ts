import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'hono'
import type { Principal } from '../../auth/principal.ts'
import type { Span } from '../../tracing/tracer.ts'
import type { ClaimedPlaces } from '../request/claimed-place.ts'
import type { Form } from '../request/form.ts'
import type { Admission } from './kit.ts'
import { requestIdOf } from './reply.ts'
import type { Reply } from './route.ts'
import type { ServedCall } from './served-call.ts'
import type { Transfer } from './transfers.ts'

/** The server's own side of a request, when a real one serves; `app.request` has none. */
interface Wire {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

const noWire: Wire = {}

/** One request on its way through the stages of a route; each stage reads what earlier ones found. */
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
  /** The place of a tenant's request among the limits, until the answer has been sent. */
  admission: Admission | undefined
  /** The body as it comes in, and the memory that it holds until the request is done. */
  transfer: Transfer | undefined
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

  /** Whose share of the replica's memory and connections this is. */
  get owner(): string {
    const { principal } = this
    if (principal === undefined) return 'nobody'
    return principal.kind === 'tenant' ? principal.tenantId : `staff ${principal.subject}`
  }

  /** Nothing of the request is needed any more. */
  end(): void {
    this.transfer?.release()
    this.transfer = undefined
    this.admission?.end()
    this.admission = undefined
  }
}
