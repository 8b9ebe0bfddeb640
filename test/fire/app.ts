import { type RecordOf, Records, type State } from './record.ts'
import type { ReplicaProcess } from './replica-process.ts'

interface AppOptions {
  readonly replicas: readonly ReplicaProcess[]
  readonly headers: Readonly<Record<string, string>>
  readonly recordOf: RecordOf
  /** Ids that are there and that nobody touches. */
  readonly untouched: readonly string[]
  /** Ids that are there in version 0, for the app to write. */
  readonly existing: readonly string[]
  /** The store shows every write at once, so the app reads back what it wrote. */
  readonly readsBack: boolean
  readonly random: () => number
}

const lanes = 6
/**
 * Pause between two calls of a loop: the test is about order, not about the machine's throughput, which the tests beside
 * it need.
 */
const betweenCallsMs = 20

/**
 * An app on the other side of HTTP: it puts, updates in part, deletes by id and by filter, and reads through both
 * replicas, tries again what was refused, and remembers for every record what it may be. A record has one writer, one
 * call at a time; once the fate of a call is not known its records are left alone, for it may still take effect, and
 * either state is right from then on. A deletion by filter may reach them all the same.
 */
export class App {
  readonly records = new Records()
  readonly faults: string[] = []
  readonly counts = { done: 0, updates: 0, filters: 0, refused: 0, unknown: 0, reads: 0 }
  readonly #options: AppOptions
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[] = []

  constructor(options: AppOptions) {
    this.#options = options
    for (const id of options.existing) this.records.allowed.set(id, [{ version: 0 }])
    for (let lane = 0; lane < lanes; lane += 1) this.#loops.push(this.#write(lane))
    this.#loops.push(this.#read(), this.#read())
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  async #write(lane: number): Promise<void> {
    const { existing, random, readsBack } = this.#options
    const ids = existing.filter((_, at) => at % lanes === lane)
    let made = 0
    for (let version = 1; !this.#stop.signal.aborted; version += 1) {
      // Few records, so that one is written again and again; new ones among them.
      while (ids.length < 12 || random() < 0.1) ids.push(`new-${lane}-${made++}`)
      const id = ids[ids.length - 1 - Math.floor(random() * 12)] as string
      // Few flags, so that values return.
      const flag = `${lane}-${Math.floor(random() * 3)}`
      const write = this.#draw(id, version, flag)
      const fate = await this.#send(write)
      if (fate !== 'never done') for (const one of write.ids) this.records.change(one, write.to, fate === 'done')
      const unknown = new Set(fate === 'unknown' ? write.ids : [])
      ids.splice(0, ids.length, ...ids.filter((one) => !unknown.has(one)))
      if (fate !== 'unknown' && readsBack) for (const one of write.ids) await this.#readBack(one)
      await pause(betweenCallsMs)
    }
  }

  #draw(id: string, version: number, flag: string): Write {
    const kind = this.#options.random()
    if (kind < 0.3) return { path: 'delete', body: { ids: [id] }, ids: [id], to: () => undefined }
    if (kind < 0.5) {
      const body = { id, setMetadata: { flag } }
      return { path: 'update', body, ids: [id], to: (before) => before && { ...before, flag } }
    }
    if (kind < 0.53) {
      const to = (before: State) => (before?.flag === flag ? undefined : before)
      return { path: 'delete', body: { filter: { flag: { $eq: flag } } }, ids: this.records.flagged(flag), to }
    }
    if (kind < 0.56) {
      const next = `${flag}-${version}`
      const to = (before: State) => (before?.flag === flag ? { ...before, flag: next } : before)
      const body = { filter: { flag: { $eq: flag } }, setMetadata: { flag: next } }
      return { path: 'update', body, ids: this.records.flagged(flag), to }
    }
    return {
      path: 'upsert',
      body: { vectors: [this.#options.recordOf(id, { version })] },
      ids: [id],
      to: () => ({ version }),
    }
  }

  /** Sends one write until it is done, until its fate is unknown, or until the app stops. */
  async #send({ path, body }: Write): Promise<'done' | 'unknown' | 'never done'> {
    while (!this.#stop.signal.aborted) {
      const fate = await this.#call(`/vectors/${path}`, body)
      if (typeof fate === 'object') {
        this.counts.done += 1
        if (path === 'update') this.counts.updates += 1
        if ('filter' in body) this.counts.filters += 1
        return 'done'
      }
      this.counts[fate] += 1
      if (fate === 'unknown') return fate
      await pause(20)
    }
    return 'never done'
  }

  async #readBack(id: string): Promise<void> {
    const allowed = this.records.of(id)
    const records = await this.#fetch([id])
    if (records === undefined) return
    const { version, flag } = records[id]?.metadata ?? {}
    if (allowed.some((one) => one?.version === version && one?.flag === flag)) return
    this.faults.push(`${id} was left as ${JSON.stringify(allowed)} and is read as ${JSON.stringify({ version, flag })}`)
  }

  /** Untouched records must be in every answer, at any moment of the move. */
  async #read(): Promise<void> {
    const { untouched, random } = this.#options
    while (!this.#stop.signal.aborted) {
      const from = Math.floor(random() * (untouched.length - 20))
      const ids = untouched.slice(from, from + 20)
      const records = await this.#fetch(ids)
      const missing = ids.filter((id) => records !== undefined && records[id]?.metadata?.version !== 0)
      if (missing.length > 0) this.faults.push(`not found by a read: ${missing.join(' ')}`)
      this.counts.reads += 1
      await pause(betweenCallsMs)
    }
  }

  /** Reads, and tries again as long as no replica answers. */
  async #fetch(ids: readonly string[]): Promise<Shown | undefined> {
    while (!this.#stop.signal.aborted) {
      const answer = await this.#call('/vectors/fetch', { ids })
      if (typeof answer === 'object') return answer.vectors as Shown
      await pause(20)
    }
    return undefined
  }

  /** Interprets an answer as an app that knows the contract; anything that the contract does not allow is a fault. */
  async #call(pathname: string, body: unknown): Promise<Record<string, unknown> | 'refused' | 'unknown'> {
    const { replicas, random, headers } = this.#options
    const replica = replicas[Math.floor(random() * replicas.length)] as ReplicaProcess
    // By either dialect; only the vendor's updates by filter. The token beside the key authenticates.
    const isDoor = random() < 0.5 || Object.hasOwn(body as object, 'filter')
    const key = isDoor ? { 'api-key': 'beside the token' } : {}
    try {
      const response = await fetch(replica.url + pathname, {
        method: 'POST',
        headers: { ...headers, ...key, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      })
      const text = await response.text()
      if (response.status === 200) return JSON.parse(text)
      if (response.status === 504) return 'unknown'
      if (response.status !== 503) this.faults.push(`${pathname}: ${response.status} ${text}`)
      return 'refused'
    } catch (error) {
      // Nothing was sent where nobody listened.
      return (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED' ? 'refused' : 'unknown'
    }
  }
}

/** A call, the records that it changes, and what becomes of each. */
interface Write {
  readonly path: 'upsert' | 'update' | 'delete'
  readonly body: Readonly<Record<string, unknown>>
  readonly ids: readonly string[]
  readonly to: (before: State) => State
}

type Shown = Readonly<Record<string, { readonly metadata?: { readonly version?: number; readonly flag?: string } }>>

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
