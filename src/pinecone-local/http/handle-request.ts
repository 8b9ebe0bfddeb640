import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, notFound, type Plane } from '../../pinecone-wire/api-error.ts'
import { apiVersion } from '../../pinecone-wire/api-version.ts'
import { readNamespaceName } from '../../pinecone-wire/names.ts'
import { isReady } from '../control/index-model.ts'
import type { Engine } from '../engine/engine.ts'
import type { Waits } from '../engine/waits.ts'
import type { FaultDesk, Target, Verdict } from '../faults/fault-desk.ts'
import type { LocalAnswer } from '../shapes/answer.ts'
import { localRequest } from './local-request.ts'
import { parseBody, readLocalBody } from './read-body.ts'
import { send, sendError } from './respond.ts'
import { controlRoute, dataRoute } from './routes.ts'

/** A request's handler, and the target that fault rules match. */
interface Task {
  readonly target: Target
  run(verdict: Verdict): LocalAnswer | Promise<LocalAnswer>
}

export interface Handling {
  readonly engine: Engine
  readonly faults: FaultDesk
  readonly waits: Waits
  /** The accepted key; without it, any key is. */
  readonly apiKey: string | undefined
}

/** Serves one request; never rejects. */
export async function handleRequest(
  handling: Handling,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedAt = performance.now()
  const url = request.url ?? '/'
  const plane: Plane = url.startsWith('/i/') ? 'data' : 'control'
  try {
    if (url.startsWith('/_local')) {
      if (handling.apiKey !== undefined) checkKey(handling.apiKey, request)
      await localRequest(handling.faults, request, response, url)
      return
    }
    const task = await taskOf(handling, request, url)
    await underFaults(handling, task, request, response, startedAt)
  } catch (cause) {
    sendError(response, cause, plane, startedAt)
  }
}

async function underFaults(
  { faults, waits }: Handling,
  task: Task,
  request: IncomingMessage,
  response: ServerResponse,
  startedAt: number,
): Promise<void> {
  const verdict = faults.judge(task.target)
  if (verdict.reset === 'before') {
    request.socket.resetAndDestroy()
    return
  }
  if (verdict.late !== null) {
    if (verdict.late.connection === 'reset') request.socket.resetAndDestroy()
    if (await waits.for(verdict.late.afterMs)) await Promise.resolve(task.run(verdict)).catch(() => {})
    return
  }
  let answer: LocalAnswer | undefined
  let refused: unknown
  try {
    if (verdict.error !== null) throw verdict.error
    answer = await task.run(verdict)
  } catch (cause) {
    refused = cause
  }
  // The work is done first and its answer held back, so that latency is counted from the request's arrival.
  const leftMs = verdict.latencyMs - (performance.now() - startedAt)
  if (leftMs > 0) await waits.for(Math.ceil(leftMs))
  if (verdict.reset === 'after') request.socket.resetAndDestroy()
  else if (answer === undefined) throw refused
  else send(response, answer, verdict.lsnHeaders, startedAt)
}

async function taskOf({ engine, faults, apiKey }: Handling, request: IncomingMessage, url: string): Promise<Task> {
  const body = await readLocalBody(request)
  checkKey(apiKey, request)
  const version = apiVersion(header(request, 'x-pinecone-api-version'))
  const method = request.method ?? 'GET'
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)

  if (!path.startsWith('/i/')) {
    const { route, pathName } = controlRoute(method, path)
    const origin = `http://${request.headers.host ?? 'localhost'}`
    const call = { engine, faults, indexName: pathName, body: parseBody(body), version, origin }
    const named = pathName === '' && typeof call.body.name === 'string' ? call.body.name : pathName
    return {
      target: { operation: route.operation, index: named === '' ? null : named, namespace: null },
      run: () => route.handle(call),
    }
  }

  const slash = path.indexOf('/', 3)
  const index = engine.indexes.at(slash === -1 ? path.slice(3) : path.slice(3, slash))
  if (index === undefined) throw notFound('Index not found')
  const { route, pathName } = dataRoute(method, slash === -1 ? '/' : path.slice(slash))
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1))
  const fields = parseBody(body)
  const named = {
    body: () => (typeof fields.namespace === 'string' ? fields.namespace : ''),
    query: () => query.get('namespace') ?? '',
    path: () => pathName,
    none: () => '',
  }[route.namespaceIn]()
  const namespace = readNamespaceName(named)
  const created = route.operation === 'createNamespace' && typeof fields.name === 'string' ? fields.name : null
  return {
    target: {
      operation: route.operation,
      index: index.name,
      namespace: route.namespaceIn === 'none' ? created : namespace,
    },
    run: (verdict) => {
      if (!isReady(index)) throw new ApiError(503, `Index ${index.name} is not ready`)
      return route.handle({
        engine,
        faults,
        verdict,
        index,
        namespace,
        namedNamespace: named,
        body: fields,
        query,
        version,
      })
    },
  }
}

/** @throws ApiError 401 without a key, and with a wrong one. */
function checkKey(wanted: string | undefined, request: IncomingMessage): void {
  const key = header(request, 'api-key')
  if (key === undefined || key === '' || (wanted !== undefined && !sameText(key, wanted))) {
    throw new ApiError(401, 'Invalid API key.')
  }
}

/** Compares in constant time, which does not reveal how much is equal. */
function sameText(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(a, b)
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
