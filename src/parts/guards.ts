import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { Guard, type GuardSettings, usualGuard } from '../resilience/guard.ts'
import { Guards } from '../resilience/guards.ts'
import { type LoopDelay, Overload } from '../resilience/overload.ts'
import type { StoreGuards } from '../stores/store-calls.ts'
import type { OpenCircuit } from '../telemetry/resilience-meter.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

export interface OpenGuards extends Disposable {
  /** @throws AppError `service_busy` while this replica is overloaded. */
  readonly http: { readonly refuseOverload: () => void }
  readonly store: StoreGuards
  /** By the names that indexes carry. */
  readonly embedders: Guards
  readonly answers: { readonly silenceMs: number; readonly guard: Guard }
  readonly reranks: { readonly timeoutMs: number; readonly guard: Guard }
  /** Dependencies that are not asked at the moment, since the last attempts all failed. */
  open(): readonly OpenCircuit[]
}

/** The share of this replica's requests that one index may hold while there are others. */
const shareOfIndex = 7 / 8
/** A model may think for longer than a store. */
const ofModels: GuardSettings = { ...usualGuard, silence: { afterMs: 10_000, atOnce: 64 } }

/** Parts that a test replaces. */
export interface GuardOverrides {
  readonly loopDelay?: () => LoopDelay
}

interface GuardParts {
  readonly log: Logger
  readonly telemetry: Pick<Telemetry, 'shed'>
  readonly loopDelay: GuardOverrides['loopDelay'] | undefined
}

export interface OpenStoreGuards extends StoreGuards {
  open(): readonly OpenCircuit[]
}

/**
 * The guards of the store for one thread: the serving one and the mover's have their own, so that neither takes the
 * other's places or opens its circuits. @param onChange called when one opens or closes.
 */
export function openStoreGuards(
  { slots }: Pick<Config['limits'], 'slots'>,
  log: Logger,
  onChange: () => void = () => undefined,
): OpenStoreGuards {
  const note = (dependency: string) => {
    const said = noting(log)(dependency)
    return (target: string, isOpen: boolean) => {
      said(target, isOpen)
      onChange()
    }
  }
  const atOnce = Math.max(1, Math.floor(slots * shareOfIndex))
  const indexes: Guards = new Guards(
    {
      ...usualGuard,
      atOnce: () => (indexes.size > 1 ? atOnce : Number.POSITIVE_INFINITY),
      silence: { ...usualGuard.silence, atOnce: Math.max(1, Math.floor(slots / 8)) },
    },
    note('store'),
  )
  const projects = new Guards(usualGuard, note('control plane'))
  const open = () => [
    ...indexes.open().map((target) => ({ dependency: 'store', target })),
    ...projects.open().map((target) => ({ dependency: 'control plane', target })),
  ]
  return { indexes, projects, open }
}

function noting(log: Logger) {
  return (dependency: string) => (target: string, isOpen: boolean) => {
    if (isOpen) log.warn({ dependency, target }, 'a dependency is not asked for a while: its last answers all failed')
    else log.info({ dependency, target }, 'a dependency answers again')
  }
}

/** The guards of this replica's dependencies; Postgres and the issuer have watches of their own. */
export function openGuards(
  { limits, patience }: Pick<Config, 'limits' | 'patience'>,
  { log, telemetry, loopDelay }: GuardParts,
): OpenGuards {
  const overload = new Overload(patience.loopDelayMs, telemetry.shed, loopDelay)
  const note = noting(log)
  const store = openStoreGuards(limits, log)
  const embedders = new Guards(ofModels, note('embedder'))
  const one = (dependency: string) => new Guard(ofModels, (isOpen) => note(dependency)('', isOpen))
  const [answerer, reranker] = [one('answerer'), one('reranker')]
  return {
    http: { refuseOverload: overload.check },
    [Symbol.dispose]: () => overload[Symbol.dispose](),
    store,
    embedders,
    answers: { silenceMs: patience.answerMs, guard: answerer },
    reranks: { timeoutMs: patience.rerankMs, guard: reranker },
    open: () => [
      ...store.open(),
      ...embedders.open().map((target) => ({ dependency: 'embedder', target })),
      ...(answerer.isOpen ? [{ dependency: 'answerer', target: '' }] : []),
      ...(reranker.isOpen ? [{ dependency: 'reranker', target: '' }] : []),
    ],
  }
}
