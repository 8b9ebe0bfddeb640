import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { type Clock, systemClock } from '../clock.ts'
import { answeredWithin } from './answered-within.ts'
import { backoff, openDriver } from './driver.ts'

export interface ListenerOptions {
  /** The URL to listen on, preferably past any pooler. */
  readonly url: string
  readonly applicationName?: string
  /** Notifies over other connections than the listener's: through one pooler session it would hear itself. */
  readonly tell: (channel: string, payload: string) => Promise<void>
  readonly onFault?: (error: unknown) => void
  /** Called when Postgres answers but its notifications do not arrive, and when they arrive again. */
  readonly onDeaf?: (isDeaf: boolean) => void
  readonly times?: Partial<ListenerTimes>
}

export interface ListenerTimes {
  /** Interval between probes. */
  readonly probeEveryMs: number
  /** Time in which a probe must arrive. */
  readonly patienceMs: number
  /** Interval in which subscribers poll while the listener is deaf. */
  readonly pollMs: number
}

interface Subscriber {
  readonly channel: string
  hear(payload: string): void
  missed(): void
}

const usualTimes: ListenerTimes = { probeEveryMs: 10_000, patienceMs: 5_000, pollMs: 2_000 }
const probeChannel = 'tenant_router_probe'

/**
 * The process's only LISTEN, for every channel. It reconnects whenever its connection ends, and then reports to every
 * subscriber that notifications may have been lost.
 *
 * It notifies itself periodically. A lost probe means that the connection is dead, or that a transaction pooler stands
 * between: the LISTEN then stays behind in a session that another client has by now. While the listener is deaf,
 * subscribers poll (`pollMs`), and it keeps trying fresh connections.
 */
export class NotifyListener implements AsyncDisposable {
  readonly #options: ListenerOptions
  readonly #times: ListenerTimes
  readonly #subscribers = new Set<Subscriber>()
  readonly #stop = new AbortController()
  #sql: postgres.Sql | undefined
  #running: Promise<void> | undefined
  /** Resolves when the first connection listens, or has failed. */
  #started = Promise.withResolvers<void>()
  #probe: { readonly token: string; heard(): void } | undefined
  #poll: ReturnType<Clock['every']> | undefined

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#times = { ...usualTimes, ...options.times }
  }

  /** Subscribes. Resolves when the listener hears the channel, or knows that Postgres is unavailable. */
  async listen(
    channel: string,
    hear: (payload: string) => void,
    missed: () => void = () => undefined,
  ): Promise<() => Promise<void>> {
    this.#running ??= this.#run()
    await this.#started.promise
    const subscriber = { channel, hear, missed }
    this.#subscribers.add(subscriber)
    const sql = this.#sql
    // A connection that ends just now is followed by one that listens to this channel too.
    if (sql !== undefined)
      await answeredWithin(this.#times.patienceMs, sql.unsafe(listenTo([channel]))).catch(() => undefined)
    missed()
    return async () => void this.#subscribers.delete(subscriber)
  }

  get isDeaf(): boolean {
    return this.#poll !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#poll?.stop()
    this.#started.resolve()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let didTell = false
    for (let failures = 0; !signal.aborted; failures += 1) {
      const lost = Promise.withResolvers<void>()
      const sql = this.#open(() => lost.resolve())
      try {
        const channels = [probeChannel, ...[...this.#subscribers].map(({ channel }) => channel)]
        await answeredWithin(this.#times.patienceMs, sql.unsafe(listenTo(channels)))
        this.#sql = sql
        this.#started.resolve()
        this.#missed()
        didTell = false
        await this.#watch(sql, lost.promise)
        failures = 0
      } catch (error) {
        if (signal.aborted) break
        this.#options.onFault?.(error)
        // Postgres may be unavailable as a whole, so that there is nothing to hear, or may have just come back.
        const tells = await this.#tells()
        if (tells && didTell) this.#setDeaf(true)
        didTell = tells
      } finally {
        this.#sql = undefined
        this.#started.resolve()
        void sql.end({ timeout: 0 }).catch(() => undefined)
      }
      const pauseMs = this.isDeaf ? this.#times.probeEveryMs : backoff(failures) * 1000
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  #open(onClose: () => void): postgres.Sql {
    const { url, applicationName = 'tenant-router listen' } = this.#options
    return openDriver({
      url,
      max: 1,
      applicationName,
      onClose,
      onNotify: (channel, payload) => this.#hear(channel, payload),
    })
  }

  /** Resolves when the connection is lost or deaf. */
  async #watch(sql: postgres.Sql, lost: Promise<void>): Promise<void> {
    const over = new AbortController()
    void lost.then(() => over.abort())
    const signal = AbortSignal.any([this.#stop.signal, over.signal])
    while (!signal.aborted) {
      const heard = await this.#hearsItself(signal)
      if (heard === 'not') {
        this.#setDeaf(true)
        return
      }
      if (heard === 'yes') this.#setDeaf(false)
      await sleep(this.#times.probeEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
      // An idle connection is closed by the driver, and forgotten by the networks in between.
      if (!signal.aborted) await answeredWithin(this.#times.patienceMs, sql.unsafe('select'))
    }
  }

  async #hearsItself(signal: AbortSignal): Promise<'yes' | 'not' | 'unknown'> {
    const heard = Promise.withResolvers<void>()
    const token = randomUUID()
    this.#probe = { token, heard: heard.resolve }
    signal.addEventListener('abort', () => heard.reject(new Error('over')), { once: true })
    heard.promise.catch(() => undefined)
    // A probe that was not sent can't be heard.
    if (!(await this.#tells(token))) return 'unknown'
    return answeredWithin(this.#times.patienceMs, heard.promise).then(
      () => 'yes' as const,
      () => (signal.aborted ? 'unknown' : 'not'),
    )
  }

  async #tells(token = 'anyone'): Promise<boolean> {
    return answeredWithin(this.#times.patienceMs, this.#options.tell(probeChannel, token)).then(
      () => true,
      () => false,
    )
  }

  #hear(channel: string, payload: string): void {
    if (channel === probeChannel && payload === this.#probe?.token) this.#probe.heard()
    for (const subscriber of this.#subscribers) if (subscriber.channel === channel) subscriber.hear(payload)
  }

  #missed = (): void => {
    for (const subscriber of this.#subscribers) subscriber.missed()
  }

  #setDeaf(isDeaf: boolean): void {
    if (isDeaf === this.isDeaf || this.#stop.signal.aborted) return
    this.#poll?.stop()
    this.#poll = isDeaf ? systemClock.every(this.#times.pollMs, this.#missed) : undefined
    this.#options.onDeaf?.(isDeaf)
  }
}

/** Builds the LISTEN. Channel names are ours and contain no quotes. */
function listenTo(channels: readonly string[]): string {
  return [...new Set(channels)].map((channel) => `listen "${channel}"`).join('; ')
}
