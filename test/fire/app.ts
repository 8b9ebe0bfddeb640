import type { ReplicaProcess } from './replica-process.ts'

/** A record as the app counts them: its n-th version; undefined: it is not there. */
export type Version = number | undefined

interface AppOptions {
  readonly replicas: readonly ReplicaProcess[]
  readonly authorization: string
  /** Ids that are there and that nobody touches. */
  readonly untouched: readonly string[]
  /** Ids that are there in version 0, for the app to write. */
  readonly existing: readonly string[]
  /** The store shows every write at once, so the app reads back what it wrote. */
  readonly readsBack: boolean
  readonly random: () => number
}

const lanes = 6
/** Between two writes of a lane: what is tested is the order of things, not how much the machine can do. */
const betweenWritesMs = 5

/**
 * An app on the other side of HTTP: it puts, deletes and reads through both replicas, tries again what was refused, and
 * remembers for every record what it may be. A record has one writer, one call at a time; once the fate of a call is not
 * known the record is left alone, for that call may still take effect, and either version is right from then on.
 */
export class App {
  readonly allowed = new Map<string, readonly Version[]>()
  readonly faults: string[] = []
  readonly counts = { done: 0, refused: 0, unknown: 0, reads: 0 }
  readonly #options: AppOptions
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[] = []

  constructor(options: AppOptions) {
    this.#options = options
    for (const id of options.existing) this.allowed.set(id, [0])
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
      if (ids.length < 12 || random() < 0.1) ids.push(`new-${lane}-${made++}`)
      const at = ids.length - 1 - Math.floor(random() * Math.min(12, ids.length))
      const id = ids[at] as string
      const before = this.allowed.get(id)?.[0]
      const after = random() < 0.3 ? undefined : version
      const fate = await this.#send(id, after)
      if (fate === 'done') this.allowed.set(id, [after])
      else if (fate === 'unknown') this.allowed.set(id, [before, after])
      if (fate === 'unknown') ids.splice(at, 1)
      else if (readsBack) await this.#readBack(id, fate === 'done' ? after : before)
      await pause(betweenWritesMs)
    }
  }

  /** Sends one write until it is done, until its fate is unknown, or until the app stops. */
  async #send(id: string, version: Version): Promise<'done' | 'unknown' | 'never done'> {
    const { pathname, body } =
      version === undefined
        ? { pathname: '/vectors/delete', body: { ids: [id] } }
        : { pathname: '/vectors/upsert', body: { vectors: [recordOf(id, version)] } }
    while (!this.#stop.signal.aborted) {
      const fate = await this.#call(pathname, body)
      if (typeof fate === 'object') this.counts.done += 1
      if (typeof fate === 'object') return 'done'
      this.counts[fate] += 1
      if (fate === 'unknown') return fate
      await pause(20)
    }
    return 'never done'
  }

  async #readBack(id: string, expected: Version): Promise<void> {
    const records = await this.#fetch([id])
    const shown = records?.[id]?.metadata?.version
    if (records !== undefined && shown !== expected) {
      this.faults.push(`${id} was left in version ${expected} and is read as ${shown}`)
    }
  }

  /** What nobody touches is there in every answer, at any moment of the move. */
  async #read(): Promise<void> {
    const { untouched, random } = this.#options
    while (!this.#stop.signal.aborted) {
      const from = Math.floor(random() * (untouched.length - 20))
      const ids = untouched.slice(from, from + 20)
      const records = await this.#fetch(ids)
      const missing = ids.filter((id) => records !== undefined && records[id]?.metadata?.version !== 0)
      if (missing.length > 0) this.faults.push(`not found by a read: ${missing.join(' ')}`)
      this.counts.reads += 1
      await pause(5)
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

  /** What an answer means to an app that knows the contract; anything that it does not allow is a fault. */
  async #call(pathname: string, body: unknown): Promise<Record<string, unknown> | 'refused' | 'unknown'> {
    const { replicas, random, authorization } = this.#options
    const replica = replicas[Math.floor(random() * replicas.length)] as ReplicaProcess
    try {
      const response = await fetch(replica.url + pathname, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
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

type Shown = Readonly<Record<string, { readonly metadata?: { readonly version?: number } }>>

/** A record whose every part tells its version, so that no mixture of two passes. */
export function recordOf(id: string, version: number) {
  return { id, values: [1, version, (version * 31) % 1009, id.length], metadata: { version, of: id } }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
