import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { seededRandom, unitVector } from '../harness/sample-tenant.ts'

/**
 * A vector store that only waits, as one on a machine of its own does: it keeps a count for each namespace, answers from
 * prepared text, and takes little processor time of this machine. Arguments: port, and the delay of every answer in
 * milliseconds.
 */
const [port = '0', delayMs = '20'] = process.argv.slice(2)
const url = `http://127.0.0.1:${port}`
const counts = new Map<string, number>()
const indexes = new Map<string, object>()
const random = seededRandom(11)
/** The text after an id in a record: a hundred vectors, used in turn. */
const contents = Array.from({ length: 100 }, (_, n) => {
  const values = JSON.stringify(unitVector(random))
  return `","values":${values},"metadata":{"text":"Passage ${n}: invoices are due within thirty days.","n":${n}}}`
})

interface Answer {
  readonly status?: number
  readonly body: string
}

const json = (value: unknown, status = 200): Answer => ({ status, body: JSON.stringify(value) })
const idOf = (n: number) => `v-${String(n).padStart(7, '0')}`

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => answer(request, response, Buffer.concat(parts)))
})

function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const asked = new URL(request.url ?? '/', url)
  const { status = 200, body: text } = answerTo(request.method ?? 'GET', asked, body)
  const bytes = Buffer.from(text)
  setTimeout(() => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      'x-pinecone-request-lsn': '1',
      'x-pinecone-max-indexed-lsn': '1',
    })
    response.end(bytes)
  }, Number(delayMs))
}

function answerTo(method: string, { pathname, searchParams }: URL, body: Buffer): Answer {
  const [, room = '', name = ''] = pathname.split('/')
  if (room === 'indexes') return ofIndexes(method, name, body)
  if (room === 'namespaces') return ofNamespaces(method, decodeURIComponent(name), body)
  const namespace = searchParams.get('namespace') ?? ''
  if (pathname === '/vectors/list') return list(namespace, searchParams)
  if (pathname === '/vectors/fetch') return fetched(namespace, searchParams.getAll('ids'))
  if (pathname === '/vectors/upsert') return upserted(body)
  if (pathname === '/query') return json({ matches: [], namespace, usage: { readUnits: 1 } })
  return json({})
}

function ofIndexes(method: string, name: string, body: Buffer): Answer {
  if (method === 'POST') {
    const spec = JSON.parse(body.toString()) as { readonly name: string }
    const index = { ...spec, host: url, status: { ready: true, state: 'Ready' }, deletion_protection: 'disabled' }
    indexes.set(spec.name, index)
    return json(index, 201)
  }
  if (name === '') return json({ indexes: [...indexes.values()] })
  if (method === 'DELETE') return indexes.delete(name) ? json({}, 202) : json({ error: { message: 'no index' } }, 404)
  const known = indexes.get(name)
  return known === undefined
    ? json({ status: 404, error: { code: 'NOT_FOUND', message: `Resource ${name} not found` } }, 404)
    : json(known)
}

function ofNamespaces(method: string, name: string, body: Buffer): Answer {
  if (method === 'POST') {
    const { name: made } = JSON.parse(body.toString()) as { readonly name: string }
    counts.set(made, counts.get(made) ?? 0)
    return json({ name: made, record_count: counts.get(made) })
  }
  if (name === '') {
    return json({ namespaces: [...counts].map(([one, count]) => ({ name: one, record_count: count })) })
  }
  const count = counts.get(name)
  if (count === undefined) return json({ code: 5, message: `Namespace ${name} not found`, details: [] }, 404)
  if (method === 'DELETE') counts.delete(name)
  return json(method === 'DELETE' ? {} : { name, record_count: count })
}

function list(namespace: string, asked: URLSearchParams): Answer {
  const [first, end] = rangeOf(asked.get('prefix') ?? '', counts.get(namespace) ?? 0)
  const from = Number(asked.get('paginationToken') ?? first)
  const to = Math.min(end, from + Number(asked.get('limit') ?? 100))
  const vectors = Array.from({ length: Math.max(0, to - from) }, (_, at) => ({ id: idOf(from + at) }))
  return json({ vectors, namespace, usage: { readUnits: 1 }, ...(to < end && { pagination: { next: String(to) } }) })
}

/** The records whose ids begin with a prefix: `v-` and some of seven digits. */
function rangeOf(prefix: string, count: number): readonly [first: number, end: number] {
  if ('v-'.startsWith(prefix)) return [0, count]
  const [, digits] = /^v-(\d{1,7})$/.exec(prefix) ?? []
  if (digits === undefined) return [0, 0]
  const each = 10 ** (7 - digits.length)
  const first = Number(digits) * each
  return [first, Math.min(count, first + each)]
}

function fetched(namespace: string, ids: readonly string[]): Answer {
  const count = counts.get(namespace) ?? 0
  const records = ids
    .filter((id) => Number(id.slice(2)) < count)
    .map((id) => `"${id}":{"id":"${id}${contents[Number(id.slice(2)) % contents.length]}`)
  return { body: `{"vectors":{${records.join(',')}},"namespace":${JSON.stringify(namespace)},"usage":{"readUnits":1}}` }
}

/** Counts the records by their ids, which none of the texts looks like: parsing would cost what the store must not. */
function upserted(body: Buffer): Answer {
  let records = 0
  for (let at = body.indexOf('"id":'); at >= 0; at = body.indexOf('"id":', at + 1)) records += 1
  const tail = body.subarray(Math.max(0, body.length - 200)).toString()
  const head = body.subarray(0, 200).toString()
  const namespace = /"namespace":"([^"]*)"/.exec(tail)?.[1] ?? /"namespace":"([^"]*)"/.exec(head)?.[1] ?? ''
  counts.set(namespace, (counts.get(namespace) ?? 0) + records)
  return json({ upsertedCount: records })
}

server.keepAliveTimeout = 60_000
server.listen(Number(port), '127.0.0.1')
