import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { type Backoff, backoffMs } from '../backoff.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Database } from '../db/connect.ts'
import { writeLine } from '../log.ts'
import { reopenFences } from '../moves/runner/reopen-fences.ts'
import { anyOpenMove } from '../moves/state/any-open-move.ts'
import { movesChannel } from '../moves/state/move-history.ts'
import type { RecentQueries } from '../moves/verify/recent-queries.ts'
import { isSameSpace } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { StoreUse } from '../stores/metered-store.ts'
import type { StoreCall } from '../stores/store-calls.ts'
import type { OpenCircuit } from '../telemetry/resilience-meter.ts'
import { within } from '../within.ts'
import {
  type FromMover,
  type MoverOrder,
  packOrder,
  type QuestionsAsk,
  type RefusedCall,
  type ToMover,
} from './messages.ts'

export interface MoverThreadDeps {
  readonly database: Database
  readonly log: Logger
  readonly recentQueries: Pick<RecentQueries, 'of' | 'pairs'>
  readonly onCall: (call: StoreCall) => void
  readonly onUse: (tenantId: TenantId, use: StoreUse) => void
  /** Counts a thread that ended without being asked to. */
  readonly onDeath: () => void
  /** For tests, which end threads from outside. */
  readonly onThread?: ((thread: Worker) => void) | undefined
}

const pollMs = 2_000
const restart: Backoff = { baseMs: 500, maxMs: 60_000 }
/** A thread that lived this long did not die of its start: the next one follows soon. */
const livedMs = 60_000
const pingEveryMs = 10_000
/** Unanswered pings in a row after which a thread hangs; a process that was paused misses one. */
const pingsMax = 3
/** Longest start of a thread, which on a small share of a processor takes a while and answers nothing. */
const startMs = 120_000
/** Time without an open move after which the thread ends and gives its memory back. */
const idleMs = 600_000
/** Longest time that a thread gets to give its moves back, and to end. */
const stopMs = 10_000

interface Running {
  readonly worker: Worker
  readonly startedAtMs: number
  readonly ended: Promise<void>
  isReady: boolean
  unanswered: number
  cause: unknown
  /** It was asked to end, since no move is open. */
  isLeaving: boolean
}

/**
 * One replica's mover on a thread of its own, which gives way to the thread that serves. The first open move starts it,
 * and it ends ten minutes after the last. It may die without harm: its moves wait for their lease to end, this replica
 * opens their fences in time, and another thread is started after a pause, longer each time. A thread that hangs is
 * ended.
 */
export class MoverThread implements AsyncDisposable {
  readonly #order: unknown
  readonly #deps: MoverThreadDeps
  readonly #clock: Clock
  readonly #stop = new AbortController()
  readonly #timers: ReturnType<Clock['every']>[] = []
  #unlisten: (() => Promise<void>) | undefined
  #looking = false
  #running: Running | undefined
  #deaths = 0
  #isResting = false
  /** When a move was open last. */
  #openAtMs = 0
  #circuits: readonly OpenCircuit[] = []

  constructor(order: MoverOrder, deps: MoverThreadDeps, clock: Clock = systemClock) {
    this.#order = packOrder(order)
    this.#deps = deps
    this.#clock = clock
  }

  async start(): Promise<void> {
    const look = () => void this.#look()
    this.#unlisten = await this.#deps.database.listen(movesChannel, look, look)
    this.#timers.push(
      this.#clock.every(pollMs, look),
      this.#clock.every(pingEveryMs, () => this.#ping()),
    )
  }

  /** False while the thread is dead and another is not started yet. */
  get isUp(): boolean {
    return !this.#isResting
  }

  /** Dependencies that the mover does not ask at the moment. */
  openCircuits(): readonly OpenCircuit[] {
    return this.#circuits
  }

  /** Slows the mover down where the store refused a call of this replica. */
  noteRefusal({ project, index, refusals }: RefusedCall): void {
    this.#tell({ kind: 'refused', call: { project, index, refusals } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    for (const timer of this.#timers) timer.stop()
    await this.#unlisten?.().catch(() => undefined)
    if (this.#running !== undefined) await this.#end(this.#running)
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stop.signal.aborted) return
    this.#looking = true
    try {
      const { db } = this.#deps.database
      await reopenFences(db)
      const isOpen = await anyOpenMove(db)
      if (!this.#stop.signal.aborted) this.#startOrEnd(isOpen)
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#deps.log.warn({ err: error }, 'looking for moves failed')
    } finally {
      this.#looking = false
    }
  }

  #startOrEnd(isOpen: boolean): void {
    const running = this.#running
    if (isOpen) {
      this.#openAtMs = this.#clock.now()
      if (running === undefined && !this.#isResting) this.#run()
    } else if (running !== undefined && !running.isLeaving && this.#clock.now() - this.#openAtMs >= idleMs) {
      running.isLeaving = true
      void this.#end(running)
    }
  }

  /** Asks a thread to end, and ends it when it does not: until it has, no other is started. */
  async #end({ worker, ended }: Running): Promise<void> {
    worker.postMessage({ kind: 'stop' } satisfies ToMover)
    const gone = ended.then(() => true)
    if (await within(stopMs, gone)) return
    this.#deps.log.warn('the mover did not give its moves back in time; their leases end by themselves')
    await worker.terminate()
  }

  #run(): void {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: this.#order, name: 'mover' })
    const ended = Promise.withResolvers<void>()
    const running: Running = {
      worker,
      startedAtMs: this.#clock.now(),
      ended: ended.promise,
      isReady: false,
      unanswered: 0,
      cause: undefined,
      isLeaving: false,
    }
    this.#running = running
    worker.on('message', (message: FromMover) => this.#hear(running, message))
    worker.on('error', (error) => {
      running.cause = error
    })
    worker.on('exit', (code) => {
      ended.resolve()
      this.#onEnd(running, code)
    })
    this.#deps.onThread?.(worker)
  }

  #hear(running: Running, message: FromMover): void {
    running.unanswered = 0
    const { log, onCall, onUse } = this.#deps
    if (message.kind === 'log') writeLine(log, message.line)
    else if (message.kind === 'call') onCall(message.call)
    else if (message.kind === 'use') onUse(message.tenantId, message.use)
    else if (message.kind === 'circuits') this.#circuits = message.open
    else if (message.kind === 'ready') running.isReady = true
    else if (message.kind === 'questions')
      this.#tell({ kind: 'questions', id: message.id, pairs: this.#pairsOf(message) })
  }

  #pairsOf({ tenantId, from, to }: QuestionsAsk) {
    const { recentQueries } = this.#deps
    if (!isSameSpace(from, to)) return recentQueries.pairs(tenantId, from, to)
    return recentQueries.of(tenantId, from).map((vector) => ({ from: vector, to: vector }))
  }

  #onEnd(running: Running, code: number): void {
    this.#running = undefined
    this.#circuits = []
    if (this.#stop.signal.aborted) return
    if (running.isLeaving) {
      // A move may have begun meanwhile.
      void this.#look()
      return
    }
    const { log, onDeath } = this.#deps
    onDeath()
    if (this.#clock.now() - running.startedAtMs >= livedMs) this.#deaths = 0
    const pauseMs = Math.round(backoffMs(restart, this.#deaths))
    this.#deaths += 1
    log.error({ err: running.cause, code }, `the mover's thread has ended; the next one starts in ${pauseMs} ms`)
    this.#isResting = true
    const { signal } = this.#stop
    void sleep(pauseMs, undefined, { signal, ref: false }).then(
      () => {
        this.#isResting = false
        return this.#look()
      },
      () => undefined,
    )
  }

  #ping(): void {
    const running = this.#running
    if (running === undefined) return
    const fault = this.#faultOf(running)
    if (fault !== undefined) {
      running.cause ??= new Error(fault)
      void running.worker.terminate()
      return
    }
    running.unanswered += 1
    this.#tell({ kind: 'ping' })
  }

  /** Why a thread is to be ended; undefined: it is not. */
  #faultOf({ isReady, startedAtMs, unanswered }: Running): string | undefined {
    const isOver = isReady ? unanswered >= pingsMax : this.#clock.now() - startedAtMs >= startMs
    if (!isOver) return undefined
    const what = isReady ? `answered for ${(pingsMax * pingEveryMs) / 1000}` : `started within ${startMs / 1000}`
    return `the mover's thread has not ${what} s`
  }

  #tell(message: ToMover): void {
    this.#running?.worker.postMessage(message)
  }
}
