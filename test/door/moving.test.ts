import { type Index, Pinecone } from '@pinecone-database/pinecone'
import { expect, test, vi } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import type { MovePoint } from '../../src/moves/sync/step.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

vi.setConfig({ testTimeout: 400_000 })

type Metadata = Readonly<Record<string, string | number>>

const lagMs = 300
const word = bagOfWords('apple')
/** Points at which every write goes through, and those between the fence and the end of the switch, where they wait. */
const open = ['copy: batch claimed', 'verify: compared'] as const satisfies readonly MovePoint[]
const shut = ['fence: entered', 'flip: switched', 'open: barrier passed'] as const satisfies readonly MovePoint[]

/** An app that uses the vendor's client over both replicas, and knows what its records have to be. */
class App {
  /** Every answered write, applied. */
  readonly model = new Map<string, Metadata>()
  /** Records that were shown so and are not being written: they have to stay so in every answer. */
  readonly #shown = new Map<string, Metadata>()
  /** Records that were shown to be gone: they have to stay gone. */
  readonly #gone = new Set<string>()
  /** Whatever the app was sent, headers and errors too. */
  readonly said: string[] = []
  readonly indexes: readonly [Index, Index]
  #turn = 0
  /** Times that it was looked whether anything changed that may not. */
  looks = 0

  constructor(apiKey: string, urls: readonly [string, string]) {
    const fetchApi: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      this.said.push(JSON.stringify([answer.status, ...answer.headers]), await answer.clone().text())
      return answer
    }
    const client = (url: string) => new Pinecone({ apiKey, controllerHostUrl: url, maxRetries: 0, fetchApi })
    this.indexes = [client(urls[0]).index({ host: urls[0] }), client(urls[1]).index({ host: urls[1] })]
  }

  /** The client of the other replica each time, so that no replica reads what it wrote itself. */
  #next(): Index {
    this.#turn += 1
    return this.indexes[this.#turn % 2] as Index
  }

  /** One write, repeated while writes are held; `after` says what it makes of the records. */
  async write(ids: readonly string[], send: (index: Index) => Promise<unknown>, after: () => void): Promise<void> {
    for (const id of ids) {
      this.#shown.delete(id)
      this.#gone.delete(id)
    }
    for (;;) {
      try {
        await send(this.#next())
        break
      } catch (error) {
        // A 503, which the client would repeat as often as it was told to.
        if (!(error instanceof Error) || error.name !== 'PineconeMaxRetriesExceededError') throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    after()
  }

  upsert(records: Readonly<Record<string, Metadata>>): Promise<void> {
    const rows = Object.entries(records).map(([id, metadata]) => ({ id, values: word, metadata: { ...metadata } }))
    return this.write(
      Object.keys(records),
      (index) => index.upsert({ records: rows }),
      () => {
        for (const [id, metadata] of Object.entries(records)) this.model.set(id, metadata)
      },
    )
  }

  /** Changes the records of a predicate, by whatever call: `change` returns undefined for a record that goes. */
  change(
    isMeant: (id: string, metadata: Metadata) => boolean,
    send: (index: Index) => Promise<unknown>,
    change: (metadata: Metadata) => Metadata | undefined,
  ): Promise<void> {
    const meant = [...this.model].filter(([id, metadata]) => isMeant(id, metadata))
    return this.write(
      meant.map(([id]) => id),
      send,
      () => {
        for (const [id, metadata] of meant) {
          const changed = change(metadata)
          if (changed === undefined) this.model.delete(id)
          else this.model.set(id, changed)
        }
      },
    )
  }

  /** Every write of the dialect, on records of this round and of the one before. */
  async round(round: string, before: string | undefined): Promise<void> {
    const records = Array.from({ length: 7 }, (_, n) => [`${round} ${n}`, { round, n }] as const)
    await this.upsert(Object.fromEntries(records))
    for (const one of [round, ...(before === undefined ? [] : [before])]) {
      const isOf = (n: number) => (_: string, metadata: Metadata) => metadata.round === one && metadata.n === n
      const set = { [`set in ${round}`]: 1 }
      const id = `${one} 0`
      await this.change(
        isOf(0),
        (index) => index.update({ id, metadata: set }),
        (old) => ({ ...old, ...set }),
      )
      const many = { [`many in ${round}`]: 1 }
      await this.change(
        (_, { round: of, n }) => of === one && Number(n) >= 4,
        (index) => index.update({ filter: { round: one, n: { $gte: 4 } }, metadata: many }),
        (old) => ({ ...old, ...many }),
      )
      const place = one === round ? 1 : 2
      await this.change(
        isOf(place),
        (index) => index.deleteOne({ id: `${one} ${place}` }),
        () => undefined,
      )
      const byFilter = one === round ? 5 : 6
      await this.change(
        isOf(byFilter),
        (index) => index.deleteMany({ filter: { round: one, n: byFilter } }),
        () => undefined,
      )
    }
    // What was deleted is put again, and an absent record is not made by an update.
    await this.upsert({ [`${round} 1`]: { round, n: 1, again: 1 } })
    await this.write(
      [`absent ${round}`],
      (index) => index.update({ id: `absent ${round}`, metadata: { a: 1 } }),
      () => {},
    )
  }

  async deleteAll(): Promise<void> {
    await this.change(
      () => true,
      (index) => index.deleteAll(),
      () => undefined,
    )
  }

  /** Waits until both replicas show exactly the model, by listing and by fetching; from then on it has to stay so. */
  async settle(written: ReadonlySet<string>): Promise<void> {
    for (const index of this.indexes) {
      await expect.poll(() => this.#contents(index), { timeout: 120_000 }).toEqual(Object.fromEntries(this.model))
    }
    for (const [id, metadata] of this.model) this.#shown.set(id, metadata)
    for (const id of written) if (!this.model.has(id)) this.#gone.add(id)
  }

  /** Reads in every way, and compares what may not change. No read may fail. */
  async look(): Promise<void> {
    const index = this.#next()
    const [shown, gone] = [new Map(this.#shown), new Set(this.#gone)]
    const ids = [...shown.keys(), ...gone]
    if (ids.length === 0) return
    const fetched = await index.fetch({ ids })
    const listed = await this.#ids(index)
    const { matches } = await index.query({ vector: word, topK: 1_000, includeMetadata: true })
    const found = new Map(matches.map(({ id, metadata }) => [id, metadata]))
    for (const [id, metadata] of shown) {
      if (this.#shown.get(id) !== metadata) continue
      expect([id, fetched.records[id]?.metadata, listed.has(id)]).toEqual([id, metadata, true])
      expect([id, found.get(id)]).toEqual([id, metadata])
    }
    this.looks += 1
    for (const id of gone) {
      if (!this.#gone.has(id)) continue
      expect([id, fetched.records[id], listed.has(id), found.has(id)]).toEqual([id, undefined, false, false])
    }
  }

  /** Says everything that the dialect tells of places: no answer may name one. */
  async askForNames(): Promise<void> {
    const index = this.#next()
    await index.describeIndexStats()
    await index.listNamespaces()
    await index.describeNamespace('__default__')
    for (const wrong of [
      () => index.query({ vector: [1, 2, 3], topK: 1 }),
      () => index.upsert({ records: [{ id: 'a', values: [1] }] }),
      () => index.update({ filter: { _tr: 1 }, metadata: { a: 1 } }),
      () => index.deleteMany({ filter: { $nothing: 1 } }),
    ]) {
      await expect(wrong()).rejects.toThrow()
    }
  }

  async #ids(index: Index): Promise<ReadonlySet<string>> {
    const ids = new Set<string>()
    for (let paginationToken: string | undefined; ; ) {
      const page = await index.listPaginated({ limit: 20, ...(paginationToken && { paginationToken }) })
      for (const { id } of page.vectors ?? []) if (id !== undefined) ids.add(id)
      paginationToken = page.pagination?.next
      if (!paginationToken) return ids
    }
  }

  async #contents(index: Index): Promise<Record<string, unknown>> {
    const ids = [...(await this.#ids(index))]
    if (ids.length === 0) return {}
    const { records } = await index.fetch({ ids })
    return Object.fromEntries(ids.map((id) => [id, records[id]?.metadata]))
  }
}

test('an app of the vendor’s client writes and reads in every phase of a promote: nothing is lost, nothing comes back, and no place is named', async () => {
  await using world = await TwoReplicas.open()
  const token = (await world.service.issuer.tenant('acme')).replace('Bearer ', '')
  const urls: string[] = []
  for (const { services } of Object.values(world.replicas)) {
    urls.push(world.service.stack.use(await listen(services.publicApp, { host: '127.0.0.1', port: 0 })).url)
  }
  const app = new App(token, urls as [string, string])
  const places = async () => {
    const rows = await world.service.home.sql`select p.index_name, p.namespace, i.host from places p
      join indexes i on i.name = p.index_name and i.project = p.project where p.tenant_id = 'acme'`
    return rows.flatMap(({ index_name, namespace, host }) => [index_name, namespace, host] as string[])
  }
  world.lag(lagMs)
  const over = new AbortController()
  const looking = (async () => {
    while (!over.signal.aborted) {
      await app.look()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  looking.catch(() => over.abort())

  const everWritten = new Set<string>()
  let before: string | undefined
  const round = async (name: string) => {
    await app.round(name, before)
    for (const id of app.model.keys()) everWritten.add(id)
    for (let n = 0; n < 7; n += 1) everWritten.add(`${name} ${n}`)
    before = name
    await app.settle(everWritten)
    await app.askForNames()
    expect(over.signal.aborted).toBe(false)
  }
  await round('at rest')
  const holds = [...open, ...shut].map((point) => ({ point, ...world.hold(point) }))
  await world.promote()
  const waiting: Promise<void>[] = []
  let atTheFence: Readonly<Record<string, Metadata>> = {}
  for (const { point, reached, release } of holds) {
    await reached
    if (shut.some((one) => one === point)) {
      if (point === 'fence: entered') atTheFence = Object.fromEntries(app.model)
      waiting.push(app.upsert({ [`held at ${point}`]: { point } }))
    } else {
      await round(point)
      if (point === 'copy: batch claimed') {
        await app.deleteAll()
        await app.settle(everWritten)
        expect(app.model.size).toBe(0)
        before = undefined
        await round('after everything was deleted')
      }
    }
    release()
  }
  await world.until('soaking')
  // Every replica shows at once what was answered before the switch.
  for (const index of app.indexes) {
    const { records } = await index.fetch({ ids: Object.keys(atTheFence) })
    expect(Object.fromEntries(Object.entries(records).map(([id, { metadata }]) => [id, metadata]))).toEqual(atTheFence)
  }
  await Promise.all(waiting)
  await round('soaking')
  await app.deleteAll()
  before = undefined
  await round('soaking, after everything was deleted')
  const names = await places()
  const ending = world.hold('complete: begun')
  await world.complete()
  await ending.reached
  await round('completing')
  ending.release()
  await world.until('completed')
  await round('completed')
  over.abort()
  await looking
  expect(app.looks).toBeGreaterThan(10)
  expect(names.length).toBe(6)
  const all = app.said.join('\n')
  for (const name of [...names, ...(await places())]) expect(all.includes(name), name).toBe(false)
  expect(all).not.toContain('"_tr')
})
