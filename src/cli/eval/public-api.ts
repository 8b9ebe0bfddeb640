import { setTimeout as wait } from 'node:timers/promises'
import { CliError } from '../kit/exit-code.ts'

/** The fields of a `POST /retrieve` answer that are measured. */
export interface FoundChunk {
  readonly matches: readonly { readonly id: string; readonly documentId: string | null }[]
  /** The search stages beyond the vector search. */
  readonly search?: { readonly lexical?: string; readonly reranker?: string | null }
}

/** The fields of a `POST /answer` answer that are measured. */
export interface Said {
  /** `none`: the service reports that it found nothing. */
  readonly answeredBy: string
  readonly citations: readonly { readonly id: string; readonly documentId: string | null }[]
}

export interface PublicApi {
  /**
   * @returns `refused` with the service's message when it does not offer the requested search.
   * @throws CliError `refused` for any other refusal of the service; `failed` when the service is unreachable.
   */
  retrieve(request: Readonly<Record<string, unknown>>): Promise<FoundChunk | { readonly refused: string }>
  /** @throws CliError as `retrieve` does. */
  answer(question: string): Promise<Said>
}

const triesMax = 20

/**
 * The public listener, as an app of the token's tenant calls it; it retries rate-limited and temporarily refused calls.
 */
export function publicApi(baseUrl: string, token: string, interrupted: AbortSignal): PublicApi {
  const ask = async (path: string, request: object): Promise<string | Problem> => {
    for (let tries = 1; ; tries += 1) {
      const response = await reach(new URL(path, baseUrl), token, request, interrupted)
      const body = await response.text()
      if (response.ok) return body
      const problem = problemOf(body)
      if ((response.status === 429 || response.status === 503) && tries < triesMax) {
        await wait(retryAfterMs(response), undefined, { signal: interrupted })
      } else if (problem.code === 'invalid_request' && problem.faults.some(isOfMode)) return problem
      else throw new CliError('refused', `Refused: ${problem.detail} (${response.status} ${problem.code})`)
    }
  }
  return {
    async retrieve(request) {
      const answered = await ask('/retrieve', request)
      if (typeof answered !== 'string') return { refused: answered.detail }
      return documentOf<FoundChunk>(answered, 'matches')
    },
    async answer(question) {
      const answered = await ask('/answer', { question })
      if (typeof answered !== 'string') throw new CliError('refused', `Refused: ${answered.detail}`)
      return documentOf<Said>(answered, 'answeredBy')
    },
  }
}

async function reach(url: URL, token: string, request: object, interrupted: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.any([AbortSignal.timeout(60_000), interrupted]),
    })
  } catch (cause) {
    if (interrupted.aborted) throw cause
    const remedy = 'is the service running, and is TENANT_ROUTER_PUBLIC_URL its public listener?'
    throw new CliError('failed', `No answer from ${url.origin}: ${remedy}`, { cause })
  }
}

function documentOf<T>(body: string, field: keyof T & string): T {
  const document: unknown = parse(body)
  if (typeof document === 'object' && document !== null && field in document) return document as T
  throw new CliError('failed', 'The answer is not one of tenant-router: check TENANT_ROUTER_PUBLIC_URL.')
}

interface Problem {
  readonly code: string
  readonly detail: string
  readonly faults: readonly { readonly path: string }[]
}

function problemOf(body: string): Problem {
  const document = parse(body) as Partial<Problem> | undefined
  return { code: document?.code ?? 'unknown', detail: document?.detail ?? body, faults: document?.faults ?? [] }
}

function isOfMode({ path }: { readonly path: string }): boolean {
  return path === 'mode' || path === 'rerank' || path.startsWith('rerank.')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 1)
  return Math.min(60, Number.isFinite(seconds) ? Math.max(0.1, seconds) : 1) * 1000
}
