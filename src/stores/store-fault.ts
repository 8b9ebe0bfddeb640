import { AppError } from '../errors.ts'
import type { Refusal } from '../resilience/guard.ts'
import type { StoreExchange } from './transport.ts'

export type StoreOp =
  | 'upsert'
  | 'update'
  | 'query'
  | 'fetch'
  | 'list'
  | 'fetchByFilter'
  | 'updateByFilter'
  | 'countByFilter'
  | 'deleteIds'
  | 'deleteByFilter'
  | 'deleteAll'
  | 'createNamespace'
  | 'describeNamespace'
  | 'deleteNamespace'
  | 'createIndex'
  | 'describeIndex'
  | 'listIndexes'
  | 'deleteIndex'
  | 'listNamespaces'

/** The store's message for our log, without ids, vectors or the URL, which contains ids. */
class StoreRefusal extends Error {
  override readonly name = 'StoreRefusal'
}

interface Failure {
  readonly op: StoreOp
  readonly project: string
  readonly exchange: StoreExchange
  /** The SDK's error; shown only if the SDK refused on its own, without a request. */
  readonly thrown: unknown
  /** Removed from every text, should the store repeat it. */
  readonly apiKey: string
  /** Names of the place, which no tenant sees; removed from what is passed on of the store's words. */
  readonly placeNames: readonly string[]
}

/**
 * Translates a failed call into our error; the port lists the codes. For a caller whose signal ended the call and left
 * nothing in doubt, it returns the signal's own reason.
 */
export function storeFault({ op, project, exchange, thrown, apiKey, placeNames }: Failure): unknown {
  const { write, signal, status, attempts, refused } = exchange
  const said = wordsOf(exchange.words).replaceAll(apiKey, '***')
  const words = placeNames.reduce(withoutName, said)
  // The words of a 400 repeat the caller's content, which is for the caller and not for our log.
  const isAboutContent = status === 400 || status === 422
  const last =
    refused !== undefined
      ? `then refused (${refused.refused})`
      : status === 0
        ? 'no answer'
        : isAboutContent
          ? `status ${status}`
          : `status ${status}: ${said}`
  const cause = new StoreRefusal(`${op} in project ${project}, ${attempts} attempts, ${last}`, {
    cause: exchange.cause,
  })
  if (signal?.aborted && !(write && exchange.inDoubt)) return signal.reason
  if (refused !== undefined && !(write && exchange.inDoubt)) return notSent(refused, cause)
  if (attempts === 0) return new AppError('invalid_request', messageOf(thrown))
  // The name is taken: true whether by an earlier attempt of this call or by someone else.
  if (status === 409) return new AppError('conflict', `The vector store says: ${words}`, { cause })
  const wasDone = status >= 200 && status < 300
  if (write && (exchange.inDoubt || wasDone)) {
    return new AppError('outcome_unknown', 'The vector store did not report the outcome of this write.', { cause })
  }
  if (wasDone) {
    return new AppError('store_unavailable', "The vector store's answer does not belong to this request. Try again.", {
      cause,
      retryAfterS: 1,
    })
  }
  return refusal(op, status, words, exchange, cause)
}

/** A call whose next attempt the guard did not let through, and whose earlier ones, if any, changed nothing. */
function notSent({ refused, retryAfterS }: Refusal, cause: StoreRefusal): AppError {
  return refused === 'open'
    ? new AppError('store_unavailable', 'The vector store cannot be reached. Nothing was changed; try again.', {
        cause,
        retryAfterS,
      })
    : new AppError(
        'store_busy',
        'Too many calls wait for this part of the vector store. Nothing was changed; try again.',
        {
          cause,
          retryAfterS,
        },
      )
}

function refusal(op: StoreOp, status: number, words: string, exchange: StoreExchange, cause: StoreRefusal): AppError {
  const quota = /quota|\bmax(imum)?\b|limit/i
  switch (status) {
    case 400:
    case 422:
      return new AppError('invalid_request', `The vector store refused this: ${words}`, { cause })
    case 404:
      // Creating cannot miss anything but the cloud or region it names.
      if (op === 'createIndex')
        return new AppError('invalid_request', `The vector store refused this: ${words}`, { cause })
      return new AppError('not_found', 'The vector store has no such index.', { cause })
    case 413:
      return new AppError('payload_too_large', 'The vector store takes no records of this size.', { cause })
    case 401:
    case 403:
    case 412:
      if (/deletion protection/i.test(words))
        return new AppError('conflict', `The vector store says: ${words}`, { cause })
      if (op === 'createIndex' && quota.test(exchange.words)) return indexLimit(words, cause)
      if (/namespace/i.test(words) && quota.test(exchange.words)) {
        return new AppError('namespace_limit_reached', 'The index takes no further namespace.', { cause })
      }
      return new AppError(
        'store_unavailable',
        "The vector store refuses this service's credentials. Its operator has to check the API key and the plan.",
        { cause },
      )
    case 429: {
      if (op === 'createIndex' && /QUOTA_EXCEEDED|serverless indexes/.test(exchange.words))
        return indexLimit(words, cause)
      const retryAfterS = Math.max(1, Math.ceil((exchange.retryAfterMs ?? 1_000) / 1_000))
      return new AppError('store_busy', 'The vector store is busy. Nothing was changed; try again.', {
        cause,
        retryAfterS,
      })
    }
    case 507:
      return new AppError(
        'store_unavailable',
        'The disk of the vector store is full. Nothing was changed; try again when its operator has made room.',
        { cause, retryAfterS: 30 },
      )
    default:
      return new AppError('store_unavailable', 'The vector store cannot be reached. Nothing was changed; try again.', {
        cause,
        retryAfterS: 1,
      })
  }
}

function indexLimit(words: string, cause: StoreRefusal): AppError {
  return new AppError('index_limit_reached', `The project takes no further index: ${words}`, { cause })
}

/** The refusal's text: control plane `{error:{message}}`, data plane `{message}`, 401 plain. */
function wordsOf(body: string): string {
  let message: unknown = body
  try {
    const parsed: { error?: { message?: unknown }; message?: unknown } | null = JSON.parse(body)
    message = parsed?.error?.message ?? parsed?.message ?? body
  } catch {
    // Bare text.
  }
  return (typeof message === 'string' ? message : body).slice(0, 500)
}

/** Leaves a name where it is a part of a longer word. */
function withoutName(words: string, name: string): string {
  if (name === '') return words
  const escaped = name.replace(/[^\w-]/g, '\\$&')
  return words.replace(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'gi'), '***')
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
