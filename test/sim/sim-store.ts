import { AppError } from '../../src/errors.ts'
import type { Placement } from '../../src/placement/placement.ts'
import type {
  CallOptions,
  IndexInfo,
  TenantStore,
  VectorRecord,
  VectorStore,
  WriteReceipt,
} from '../../src/stores/store.ts'
import { matches } from '../rag/reference-filter.ts'
import type { Schedule } from './schedule.ts'

/**
 * What becomes of a write. `lost`: never done, no answer. `unanswered`: done, no answer. `late`: no answer, and it lands
 * when the schedule picks it. `repeated`: answered, and a hidden earlier attempt of it lands later. `busy`: refused.
 */
export type Fate = 'done' | 'lost' | 'unanswered' | 'late' | 'repeated' | 'busy'

interface Change {
  readonly atMs: number
  readonly visibleAtMs: number
  readonly apply: (records: Map<string, VectorRecord>) => void
}

interface Place {
  readonly records: Map<string, VectorRecord>
  readonly changes: Change[]
  /** What reads show, and how many changes are in it. */
  readonly shown: Map<string, VectorRecord>
  shownLsn: number
}

/**
 * A vector store in memory that behaves as badly as the real one may: it shows writes late, applies what it never
 * answered, and answers what it did not do. Every request goes through points of the schedule.
 */
export class SimStore {
  readonly #schedule: Schedule
  readonly #places = new Map<string, Place>()
  readonly #indexes = new Map<string, IndexInfo & { project: string }>()
  /** What is to become of a write; a test or a seed decides. */
  fate: (label: string, isStamped: boolean) => Fate = () => 'done'
  /** How long a write is not shown, in ms. */
  lagMs: (label: string) => number = () => 0
  /** Whether answers carry sequence numbers. */
  hasLsns = true
  /** How long a request without an answer may take to land; docs/moves.md A2. */
  readonly inDoubtMs: number
  /** Every write that landed, in its order. */
  readonly landed: string[] = []

  constructor(schedule: Schedule, inDoubtMs: number) {
    this.#schedule = schedule
    this.inDoubtMs = inDoubtMs
  }

  /** What a place really has, shown or not; undefined when there is no such place. */
  truth({
    indexName,
    namespace,
  }: Pick<Placement, 'indexName' | 'namespace'>): ReadonlyMap<string, VectorRecord> | undefined {
    return this.#places.get(`${indexName}/${namespace}`)?.records
  }

  /** What a read of a place would show now. */
  shown({ indexName, namespace }: Pick<Placement, 'indexName' | 'namespace'>): ReadonlyMap<string, VectorRecord> {
    const place = this.#places.get(`${indexName}/${namespace}`)
    return place === undefined ? new Map() : this.#show(place)
  }

  /** Changes a record behind everyone's back. */
  spoil({ indexName, namespace }: Pick<Placement, 'indexName' | 'namespace'>, id: string, n: number): void {
    const place = this.#places.get(`${indexName}/${namespace}`)
    for (const records of place === undefined ? [] : [place.records, this.#show(place)]) {
      const one = records.get(id)
      if (one !== undefined) records.set(id, { ...one, metadata: { ...one.metadata, n } })
    }
  }

  indexNames(): readonly string[] {
    return [...this.#indexes.keys()]
  }

  /** The store as one process sees it. */
  connect(actor: string): VectorStore {
    const point = (label: string) => this.#schedule.point(actor, label)
    return {
      open: (placement) => this.#open(actor, placement),
      createIndex: async (project, spec) => {
        await point(`createIndex ${spec.name}`)
        if (this.#indexes.has(spec.name)) throw new AppError('conflict', 'An index of that name exists.')
        const { name, dimension, metric, tags } = spec
        const info = { name, host: `http://${name}`, ready: true, dimension, metric, tags, project }
        this.#indexes.set(name, info)
        await point(`createIndex ${spec.name}: answer`)
        return info
      },
      describeIndex: async (_, name) => {
        await point(`describeIndex ${name}`)
        return this.#indexes.get(name)
      },
      listIndexes: async () => [...this.#indexes.values()],
      deleteIndex: async (_, name) => {
        await point(`deleteIndex ${name}`)
        for (const key of [...this.#places.keys()]) if (key.startsWith(`${name}/`)) this.#places.delete(key)
        this.landed.push(`deleteIndex ${name}`)
        return this.#indexes.delete(name) ? 'deleted' : 'absent'
      },
    }
  }

  /** Makes an index and a namespace at once, before anything runs. */
  seed(placement: Pick<Placement, 'indexName' | 'namespace'>, records: readonly VectorRecord[]): void {
    const name = placement.indexName
    this.#indexes.set(name, {
      name,
      host: `http://${name}`,
      ready: true,
      dimension: 4,
      metric: 'cosine',
      tags: {},
      project: 'default',
    })
    const all = new Map(records.map((one) => [one.id, one]))
    this.#places.set(`${name}/${placement.namespace}`, { records: all, changes: [], shown: new Map(all), shownLsn: 0 })
  }

  #open(actor: string, placement: Placement): TenantStore {
    const key = `${placement.indexName}/${placement.namespace}`
    const g = `g${placement.generation}`
    const read = async <T>(
      label: string,
      options: CallOptions | undefined,
      look: (shown: Map<string, VectorRecord>) => T,
    ) => {
      await this.#schedule.point(actor, `${label}: look`)
      options?.signal?.throwIfAborted()
      const place = this.#places.get(key)
      const answer = look(place === undefined ? new Map() : this.#show(place))
      const mark = this.hasLsns && place !== undefined ? { indexedLsn: place.shownLsn } : {}
      await this.#schedule.point(actor, `${label}: answer`)
      return { ...answer, ...mark }
    }
    const write = (label: string, apply: Change['apply'], options: CallOptions | undefined, isStamped = false) =>
      this.#write(actor, key, label, apply, options, isStamped)
    return {
      placement,
      upsert: (records, options) =>
        write(
          `upsert ${g} ${names(records.map((one) => one.id))}`,
          (all) => {
            for (const one of records) all.set(one.id, { ...one, values: [...Float32Array.from(one.values)] })
          },
          options,
          records.every((one) => one.metadata?._tr !== undefined),
        ),
      // One that is not there is not made.
      update: ({ id, values, sparseValues, setMetadata }, options) =>
        write(
          `update ${g} ${id}`,
          (all) => {
            const one = all.get(id)
            if (one === undefined) return
            all.set(id, {
              id,
              values: values === undefined ? one.values : [...Float32Array.from(values)],
              ...((sparseValues ?? one.sparseValues) && { sparseValues: sparseValues ?? one.sparseValues }),
              ...((setMetadata ?? one.metadata) && { metadata: { ...one.metadata, ...setMetadata } }),
            } as VectorRecord)
          },
          options,
          setMetadata?._tr !== undefined,
        ),
      deleteIds: (ids, options) =>
        write(
          `delete ${g} ${names(ids)}`,
          (all) => {
            for (const id of ids) all.delete(id)
          },
          options,
        ),
      // In the order of the namespace's writes: applied to what the earlier ones left, whether or not that is shown yet.
      deleteByFilter: (filter, options) =>
        write(
          `deleteByFilter ${g}`,
          (all) => {
            for (const one of [...all.values()]) if (matches(filter, one.metadata ?? {})) all.delete(one.id)
          },
          options,
        ),
      deleteAll: (options) => write(`deleteAll ${g}`, (all) => all.clear(), options),
      fetch: (ids, options) =>
        read(`fetch ${g} ${names(ids)}`, options, (shown) => ({
          records: new Map(ids.flatMap((id) => (shown.has(id) ? [[id, shown.get(id) as VectorRecord]] : []))),
        })),
      list: ({ limit = 100, cursor = '' }, options) =>
        read(`list ${g}`, options, (shown) => {
          const ids = [...shown.keys()].filter((id) => id > cursor).sort()
          const last = ids[limit - 1]
          return { ids: ids.slice(0, limit), ...(ids.length > limit && last !== undefined ? { nextCursor: last } : {}) }
        }),
      query: ({ topK }, options) =>
        read(`query ${g}`, options, (shown) => ({
          matches: [...shown.values()].slice(0, topK).map((one) => ({ ...one, score: 1 })),
        })),
      fetchByFilter: ({ filter, limit = 100, cursor = '' }, options) =>
        read(`fetchByFilter ${g}`, options, (shown) => {
          const found = [...shown.values()]
            .filter((one) => one.id > cursor && matches(filter, one.metadata ?? {}))
            .sort((a, b) => (a.id < b.id ? -1 : 1))
          const last = found[limit - 1]
          return {
            records: found.slice(0, limit),
            ...(found.length > limit && last !== undefined ? { nextCursor: last.id } : {}),
          }
        }),
      createNamespace: async () => {
        await this.#schedule.point(actor, `createNamespace ${g}`)
        if (this.#places.has(key)) return 'exists'
        this.#places.set(key, { records: new Map(), changes: [], shown: new Map(), shownLsn: 0 })
        return 'created'
      },
      describeNamespace: async () => {
        await this.#schedule.point(actor, `describeNamespace ${g}`)
        const place = this.#places.get(key)
        return place === undefined ? undefined : { recordCount: this.#show(place).size }
      },
      deleteNamespace: async () => {
        await this.#schedule.point(actor, `deleteNamespace ${g}`)
        this.landed.push(`deleteNamespace ${key}`)
        return this.#places.delete(key) ? 'deleted' : 'absent'
      },
    }
  }

  async #write(
    actor: string,
    key: string,
    label: string,
    apply: Change['apply'],
    options: CallOptions | undefined,
    isStamped: boolean,
  ): Promise<WriteReceipt> {
    await this.#schedule.point(actor, `${label}: send`)
    options?.signal?.throwIfAborted()
    const fate = this.fate(`${actor}: ${label}`, isStamped)
    const unknown = () => new AppError('outcome_unknown', 'The store did not answer.')
    if (fate === 'busy') throw new AppError('store_busy', 'The store is busy.')
    if (fate === 'lost') throw unknown()
    const land = () => this.#land(key, `${actor}: ${label}`, apply)
    // The request is in the network now: it lands whether or not its sender lives, and before that time is over.
    const byMs = this.#schedule.nowMs + this.inDoubtMs - 1
    const late = (name: string) => this.#schedule.point('network', `${actor}: ${label}: ${name}`, byMs).then(land)
    if (fate === 'late') {
      void late('late')
      throw unknown()
    }
    if (fate === 'repeated') void late('late')
    const aborted = new Promise<'aborted'>((resolve) =>
      options?.signal?.addEventListener('abort', () => resolve('aborted')),
    )
    const applied = await Promise.race([late('apply'), aborted])
    if (applied === 'aborted' || fate === 'unanswered') throw unknown()
    await this.#schedule.point(actor, `${label}: answer`)
    return {
      ...(this.hasLsns && applied > 0 ? { lsn: applied } : {}),
      ...(fate === 'repeated' ? { doubtful: true } : {}),
    }
  }

  #land(key: string, label: string, apply: Change['apply']): number {
    this.landed.push(label)
    const [indexName = ''] = key.split('/')
    // A write to a namespace that is gone makes it anew, as the real one does; one to an index that is gone does nothing.
    if (!this.#indexes.has(indexName)) return 0
    const place: Place = this.#places.get(key) ?? { records: new Map(), changes: [], shown: new Map(), shownLsn: 0 }
    this.#places.set(key, place)
    const atMs = this.#schedule.nowMs
    // One record's writes are shown in their order, so a later one is never shown before.
    const visibleAtMs = Math.max(atMs + this.lagMs(label), place.changes.at(-1)?.visibleAtMs ?? 0)
    place.changes.push({ atMs, visibleAtMs, apply })
    apply(place.records)
    return place.changes.length
  }

  #show(place: Place): Map<string, VectorRecord> {
    for (let next = place.changes[place.shownLsn]; next !== undefined; next = place.changes[place.shownLsn]) {
      if (next.visibleAtMs > this.#schedule.nowMs) break
      next.apply(place.shown)
      place.shownLsn += 1
    }
    return place.shown
  }
}

function names(ids: readonly string[]): string {
  return ids.length <= 8 ? ids.join() : `${ids.slice(0, 8).join()},…`
}
