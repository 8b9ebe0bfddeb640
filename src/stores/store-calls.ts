import { type ErrorCode, isAppError } from '../errors.ts'
import type { Guards } from '../resilience/guards.ts'
import { type Tracer, traced } from '../tracing/tracer.ts'
import { type StoreOp, storeFault } from './store-fault.ts'
import { newExchange, type StoreExchange, type Transport } from './transport.ts'

/** One completed call, for metrics. */
export interface StoreCall {
  readonly op: StoreOp
  readonly project: string
  /** The index's name; empty for calls that concern no single index. */
  readonly index: string
  readonly outcome: 'ok' | 'aborted' | ErrorCode
  /** The last answer's HTTP status; 0 without one. */
  readonly status: number
  readonly ms: number
  readonly attempts: number
  /** Attempts refused with 429, which slow a mover down. */
  readonly refusals: number
  /** The store's own time of the last answer, as its header `Date`; undefined without one. */
  readonly date: string | undefined
}

export interface StoreProject {
  readonly name: string
  readonly apiKey: string
}

interface CallTarget {
  readonly op: StoreOp
  readonly project: StoreProject
  readonly index: string
  readonly write: boolean
  /** Whether the answer is the vendor's answer to this call; the SDK accepts any JSON. */
  readonly confirms: (exchange: StoreExchange) => boolean
  readonly signal: AbortSignal | undefined
  readonly noRepeatInDoubt?: boolean | undefined
  /** For calls of a tenant, who sees none of them in a refusal. */
  readonly placeNames?: readonly string[]
}

/** The SDK's configuration, built for one call, so that headers and attempts belong to that call. */
export interface SdkConfig {
  readonly apiKey: string
  readonly maxRetries: 0
  readonly fetchApi: typeof fetch
}

export interface StoreCalls {
  /**
   * Runs one call of the SDK and returns its result with the transport's observations. `statuses` are refusals that
   * count as answers here, returned as `undefined`.
   */
  run<T>(
    target: CallTarget,
    call: (config: SdkConfig) => Promise<T>,
    isAnswer?: (exchange: StoreExchange) => boolean,
  ): Promise<{ readonly value: T | undefined; readonly exchange: StoreExchange }>
}

export interface StoreCallsOptions {
  readonly onCall?: ((call: StoreCall) => void) | undefined
  readonly guards?: StoreGuards | undefined
  readonly tracer?: Tracer | undefined
}

/** The guards of the store's parts: each index, and each project's control plane, may be sick by itself. */
export interface StoreGuards {
  readonly indexes: Guards
  readonly projects: Guards
}

const ofControlPlane: ReadonlySet<StoreOp> = new Set(['createIndex', 'describeIndex', 'listIndexes', 'deleteIndex'])

export function storeCalls(transport: Transport, { onCall, guards, tracer }: StoreCallsOptions): StoreCalls {
  const calls: StoreCalls = {
    async run(target, call, isAnswer) {
      const { op, project, index, write, signal } = target
      const startedAt = performance.now()
      const guard = ofControlPlane.has(op)
        ? guards?.projects.of(project.name)
        : guards?.indexes.of(`${project.name}/${index}`)
      const exchange = newExchange({ write, signal, guard, noRepeatInDoubt: target.noRepeatInDoubt })
      const report = (outcome: StoreCall['outcome']) =>
        onCall?.({
          op,
          project: project.name,
          index,
          outcome,
          status: exchange.status,
          ms: performance.now() - startedAt,
          attempts: exchange.attempts,
          refusals: exchange.refusals,
          date: exchange.date,
        })
      try {
        const fetchApi = transport.fetchFor(exchange)
        const value = await call({ apiKey: project.apiKey, maxRetries: 0, fetchApi })
        if (!target.confirms(exchange)) throw new Error('the answer is not one to this request')
        report('ok')
        return { value, exchange }
      } catch (thrown) {
        if (isAnswer?.(exchange)) {
          report('ok')
          return { value: undefined, exchange }
        }
        const { placeNames = [] } = target
        const { name, apiKey } = project
        const fault = storeFault({ op, project: name, exchange, thrown, apiKey, placeNames })
        report(isAppError(fault) ? fault.code : 'aborted')
        throw fault
      }
    },
  }
  return tracer === undefined ? calls : tracedCalls(calls, tracer)
}

/**
 * Traces each call as one span, including its retries. An index's name is ours; a namespace would name the tenant and
 * its place.
 */
function tracedCalls(calls: StoreCalls, tracer: Tracer): StoreCalls {
  return {
    run(target, call, isAnswer) {
      const { op, index } = target
      const span = tracer.call('client', index === '' ? op : `${op} ${index}`, {
        'db.system.name': 'pinecone',
        'db.operation.name': op,
        'db.collection.name': index === '' ? undefined : index,
      })
      return traced(
        span,
        () => calls.run(target, call, isAnswer),
        ({ exchange }) => ({
          'db.response.status_code': String(exchange.status),
          'tenant_router.store.attempts': exchange.attempts,
        }),
      )
    },
  }
}
