import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, string | number>>
}

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code?: number }
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

export type Fields = Readonly<Record<string, string | number>>

/** A span as it arrived. */
export interface Received extends Omit<OtlpSpan, 'attributes'> {
  readonly fields: Fields
}

/** A span with those that were begun in it, in the order of their ends. */
export interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}

/** `hang`: answers nothing; a number: refuses with that status. */
type Manner = 'take' | 'hang' | number

export interface OtlpReceiver extends AsyncDisposable {
  /** How requests are met from now on. */
  manner: Manner
  readonly endpoint: string
  /** Bodies as they came, also of requests that were not answered. */
  readonly bodies: readonly string[]
  readonly paths: readonly string[]
  readonly headers: readonly IncomingHttpHeaders[]
  readonly spans: readonly Received[]
  /** The resource of the last body. */
  resource(): Fields
}

/** Takes spans as OTLP in JSON over HTTP. */
export async function otlpReceiver(first: Manner = 'take'): Promise<OtlpReceiver> {
  const bodies: string[] = []
  const paths: string[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer(async (request, response) => {
    paths.push(request.url ?? '')
    headers.push(request.headers)
    bodies.push(await readText(request))
    if (receiver.manner === 'hang') return
    response.writeHead(receiver.manner === 'take' ? 200 : receiver.manner, { 'content-type': 'application/json' })
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sent = () => bodies.flatMap((body) => (JSON.parse(body) as OtlpBody).resourceSpans)
  const receiver: OtlpReceiver = {
    manner: first,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    paths,
    headers,
    get spans() {
      const spans = sent().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
      return spans.map(({ attributes, ...span }) => ({ ...span, fields: fieldsOf(attributes) }))
    },
    resource: () => fieldsOf(sent().at(-1)?.resource.attributes ?? []),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}

function fieldsOf(attributes: readonly Attribute[]): Fields {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']))
}

/** The tree below a span. Calls to Postgres are left out unless asked for: how many there are is not the promise. */
export function treeOf(spans: readonly Received[], root: Received, withPostgres = false): Tree {
  const children = spans.filter(
    ({ parentSpanId, fields }) =>
      parentSpanId === root.spanId && (withPostgres || fields['db.system.name'] !== 'postgresql'),
  )
  return { name: root.name, children: children.map((child) => treeOf(spans, child, withPostgres)) }
}
