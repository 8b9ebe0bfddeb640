import { chunkIds } from '../../src/rag/checks/record-ids.ts'
import { deleteDocument } from '../../src/rag/documents/delete-document.ts'
import { putDocument } from '../../src/rag/documents/put-document.ts'
import { ragMemory } from '../../src/rag/rag-memory.ts'
import { deleteVectors } from '../../src/rag/vectors/delete-vectors.ts'
import { fetchVectors } from '../../src/rag/vectors/fetch-vectors.ts'
import { queryVectors } from '../../src/rag/vectors/query-vectors.ts'
import { updateVector } from '../../src/rag/vectors/update-vector.ts'
import { updateVectors } from '../../src/rag/vectors/update-vectors.ts'
import { upsertVectors } from '../../src/rag/vectors/upsert-vectors.ts'
import type { VectorStore } from '../../src/stores/store.ts'
import { deletedWhere, encoded, type State, updated, updatedWhere, wholeState } from './record-state.ts'
import { simChunker, simEmbedder, simEmbedders, simVector } from './sim-models.ts'
import type { SimReplica } from './sim-replica.ts'
import { appOfAcme } from './sim-tenant.ts'
import type { SimWorld } from './sim-world.ts'

/** Chunks of a simulated document, at most. */
const chunksMost = 3

/** A record as an app puts it whole. */
export interface Put {
  readonly n: number
  /** The field that filters match. */
  readonly k: string
}

/** A part of a record: `f` in its metadata, `v` in its values. */
export type Part = { readonly f: number } | { readonly v: number }

/** An app's requests to one replica, through the verbs, noted in the world's history with what it was told. */
export class SimApp {
  readonly #world: SimWorld
  readonly #name: string
  readonly #stores: VectorStore
  readonly #deps

  constructor(world: SimWorld, { name, routes }: SimReplica) {
    this.#world = world
    this.#name = name
    this.#stores = world.store.connect(name)
    const { storeInDoubtMs, storeVisibleMs } = world.settings
    const { storeCallMs, busyWaitMs } = world.times
    const times = { storeInDoubtMs, storeVisibleMs, storeCallMs, busyWaitMs }
    this.#deps = {
      db: world.sql.connect(name).db,
      routes,
      stores: this.#stores,
      clock: world.schedule.clock(name),
      embedders: world.transforms ? simEmbedders : { of: () => simEmbedder },
      chunker: simChunker,
      memory: ragMemory(100),
      writes: { announce: () => undefined },
      settings: { ...times, sameContentWaitMs: busyWaitMs },
    }
  }

  async put(id: string, { n, k }: Put): Promise<void> {
    const vectors = [{ id, values: [1, n, 0, 1], metadata: { n, k } }]
    const work = this.#start(() => upsertVectors(this.#deps, appOfAcme, { vectors }))
    await this.#noteWrite(id, encoded({ v: n, n, k }), work, 'put')
  }

  /** Puts a record with the vector that a model made of its text, and names the model, or none. */
  async putAs(model: string | undefined, id: string, n: number): Promise<void> {
    const text = `v${n}`
    const vectors = [{ id, values: [...simVector({ model: model ?? 'test' }, text)], metadata: { n, k: 'x', text } }]
    const work = this.#start(() => upsertVectors(this.#deps, appOfAcme, { vectors, model }))
    await this.#noteWrite(id, encoded({ v: n, n, k: 'x', text }), work, 'put with a model')
  }

  /** Searches by the vector that a model made of a text. @returns the dimensions of what was found. */
  async search(model: string, text: string): Promise<number | undefined> {
    const asked = { vector: [...simVector({ model }, text)], model, topK: 1, includeValues: true }
    const { matches } = await this.#start(() => queryVectors(this.#deps, appOfAcme, asked))
    return matches[0]?.values?.length
  }

  async update(id: string, part: Part): Promise<void> {
    const change = 'f' in part ? { setMetadata: { f: part.f } } : { values: [1, part.v, 0, 1] }
    const work = this.#start(() => updateVector(this.#deps, appOfAcme, { id, ...change }))
    await this.#world.history.noteChange(id, updated(part), this.#name, () => work, `update ${JSON.stringify(part)}`)
  }

  async delete(id: string): Promise<void> {
    const work = this.#start(() => deleteVectors(this.#deps, appOfAcme, { ids: [id] }))
    await this.#noteWrite(id, undefined, work, 'delete')
  }

  async deleteWhere(k: string): Promise<void> {
    const work = this.#start(() => deleteVectors(this.#deps, appOfAcme, { filter: { k } }))
    const { history } = this.#world
    const own = this.#world.watched.filter((id) => !id.includes('#'))
    await Promise.all(
      own.map((id) => history.noteChange(id, deletedWhere(k), this.#name, () => work, `delete where k is ${k}`)),
    )
  }

  async updateWhere(k: string, f: number): Promise<void> {
    const asked = { filter: { k }, setMetadata: { f }, dryRun: false }
    const work = this.#start(() => updateVectors(this.#deps, appOfAcme, asked))
    const { history } = this.#world
    const own = this.#world.watched.filter((id) => !id.includes('#'))
    const told = `update where k is ${k} to f ${f}`
    await Promise.all(own.map((id) => history.noteChange(id, updatedWhere(k, { f }), this.#name, () => work, told)))
  }

  async deleteAll(): Promise<void> {
    const work = this.#start(() => deleteVectors(this.#deps, appOfAcme, { deleteAll: true }))
    await Promise.all(this.#world.watched.map((id) => this.#noteWrite(id, undefined, work, 'deleteAll')))
  }

  async putDocument(documentId: string, { n, k }: Put, chunks: number): Promise<void> {
    const texts = Array.from({ length: chunks }, (_, at) => `v${n} c${at}`)
    const input = { documentId, text: texts.join('|'), metadata: { k } }
    const work = this.#start(() => putDocument(this.#deps, appOfAcme, input))
    await Promise.all(
      chunkIds(documentId, 0, chunksMost).map((id, at) => {
        const text = texts[at]
        return this.#noteWrite(id, text === undefined ? undefined : encoded({ v: n, k, text }), work, 'put document')
      }),
    )
  }

  async deleteDocument(documentId: string): Promise<void> {
    const work = this.#start(() => deleteDocument(this.#deps, appOfAcme, { documentId }))
    const ids = chunkIds(documentId, 0, chunksMost)
    await Promise.all(ids.map((id) => this.#noteWrite(id, undefined, work, 'delete document')))
  }

  /**
   * Reads as the store shows it: it may be as old as the lag, and never older than the moment at which the place that
   * was asked became the one that is read.
   */
  async read(ids: readonly string[]): Promise<void> {
    const { history, schedule, store } = this.#world
    await history.noteLook(this.#name, async () => {
      const begunMs = schedule.nowMs
      let sinceStep = 0
      const stores: Pick<VectorStore, 'open'> = {
        open: (placement) => {
          sinceStep = this.#world.readSinceStep(placement.generation)
          return this.#stores.open(placement)
        },
      }
      const { vectors } = await fetchVectors({ ...this.#deps, stores }, appOfAcme, { ids })
      const seen = new Map(ids.map((id) => [id, wholeState(vectors[id])]))
      return { seen, sinceMs: begunMs - store.longestLagMs, sinceStep }
    })
  }

  /** Keeps a promise that is not awaited at once from counting as unhandled: the history records its outcome. */
  #start<T>(verb: () => Promise<T>): Promise<T> {
    const work = Promise.resolve().then(verb)
    work.catch(() => undefined)
    return work
  }

  async #noteWrite(id: string, value: State, work: Promise<unknown>, told: string): Promise<void> {
    await this.#world.history.note('write', id, value, this.#name, () => work.then(() => value), told)
  }
}
