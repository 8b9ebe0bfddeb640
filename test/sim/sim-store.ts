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
import { placeOperations } from './place-operations.ts'
import type { Schedule } from './schedule.ts'
import { SimPlace } from './sim-place.ts'

type Apply = (records: Map<string, VectorRecord>) => void
type Placed = Pick<Placement, 'indexName' | 'namespace'>

/**
 * The fate of a write. `lost`: never done, no answer. `unanswered`: done, no answer. `late`: no answer, and it lands
 * when the schedule picks it. `repeated`: answered, and a hidden earlier attempt of it lands later. `busy`: refused.
 */
export type Fate = 'done' | 'lost' | 'unanswered' | 'late' | 'repeated' | 'busy'

/**
 * A vector store in memory that behaves as badly as the real one may: it shows writes late, applies what it never
 * answered, and answers what it did not do. Every request goes through points of the schedule.
 */
export class SimStore {
  readonly #schedule: Schedule
  readonly #places = new Map<string, SimPlace>()
  readonly #indexes = new Map<string, IndexInfo & { project: string }>()
  /** Decides the fate of a write; a test or a seed sets it. */
  fate: (label: string, isStamped: boolean) => Fate = () => 'done'
  /** Time that a write is not shown, in ms. */
  lagMs: (label: string) => number = () => 0
  /** The longest of all lags so far. */
  longestLagMs = 0
  /** Whether answers carry sequence numbers. */
  hasLsns = true
  /** Time that an unanswered request may take to land; docs/moves.md A2. */
  readonly inDoubtMs: number
  /** Every write that landed, in its order. */
  readonly landed: string[] = []

  constructor(schedule: Schedule, inDoubtMs: number) {
    this.#schedule = schedule
    this.inDoubtMs = inDoubtMs
  }

  /** A place's true content, shown or not; undefined when the place is missing. */
  truth(placed: Placed): ReadonlyMap<string, VectorRecord> | undefined {
    return this.#places.get(keyOf(placed))?.records
  }

  /** The content that a read of a place would show now. */
  shown(placed: Placed): ReadonlyMap<string, VectorRecord> {
    return this.#places.get(keyOf(placed))?.show(this.#schedule.nowMs) ?? new Map()
  }

  /** Changes a record behind everyone's back. */
  spoil(placed: Placed, id: string, change: (one: VectorRecord) => VectorRecord): void {
    const place = this.#places.get(keyOf(placed))
    for (const records of place === undefined ? [] : [place.records, place.show(this.#schedule.nowMs)]) {
      const one = records.get(id)
      if (one !== undefined) records.set(id, change(one))
    }
  }

  /** Somebody removes records behind everyone's back, or the whole namespace; it shows at once. */
  damage(placed: Placed, ids: readonly string[] | undefined): void {
    if (ids === undefined) this.#places.delete(keyOf(placed))
    else this.#places.get(keyOf(placed))?.damage(ids)
  }

  /** The number of places that hold a record. */
  copies(id: string): number {
    return [...this.#places.values()].filter(({ records }) => records.has(id)).length
  }

  /** The views that a place will show, in order: each covers every record. */
  yetToShow(placed: Placed): Iterable<ReadonlyMap<string, VectorRecord>> {
    return this.#places.get(keyOf(placed))?.yetToShow(this.#schedule.nowMs) ?? []
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
      listNamespaces: () => Promise.reject(new Error('nothing here lists namespaces')),
    }
  }

  /** Makes an index and a namespace at once, before anything runs. */
  seed(placement: Placed, records: readonly VectorRecord[]): void {
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
    this.#places.set(keyOf(placement), new SimPlace(records))
  }

  #open(actor: string, placement: Placement): TenantStore {
    const key = keyOf(placement)
    const g = `g${placement.generation}`
    const read = async <T>(
      label: string,
      options: CallOptions | undefined,
      look: (shown: Map<string, VectorRecord>) => T,
      isProbe = false,
    ) => {
      if (!isProbe) await this.#schedule.point(actor, `${label}: look`)
      options?.signal?.throwIfAborted()
      const place = this.#places.get(key)
      const answer = look(place === undefined ? new Map() : place.show(this.#schedule.nowMs))
      const mark = this.hasLsns && place !== undefined ? { indexedLsn: place.shownLsn } : {}
      if (!isProbe) await this.#schedule.point(actor, `${label}: answer`)
      return { ...answer, ...mark }
    }
    const write = (label: string, apply: Apply, options: CallOptions | undefined, isStamped = false) =>
      this.#write(actor, key, label, apply, options, isStamped)
    return {
      placement,
      ...placeOperations(g, { read, write }),
      createNamespace: async () => {
        await this.#schedule.point(actor, `createNamespace ${g}`)
        if (this.#places.has(key)) return 'exists'
        this.#places.set(key, new SimPlace())
        return 'created'
      },
      describeNamespace: async () => {
        await this.#schedule.point(actor, `describeNamespace ${g}`)
        const place = this.#places.get(key)
        return place === undefined ? undefined : { recordCount: place.show(this.#schedule.nowMs).size }
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
    apply: Apply,
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

  #land(key: string, label: string, apply: Apply): number {
    this.landed.push(label)
    const [indexName = ''] = key.split('/')
    // A write to a namespace that is gone makes it anew, as the real one does; one to an index that is gone does nothing.
    if (!this.#indexes.has(indexName)) return 0
    const place = this.#places.get(key) ?? new SimPlace()
    this.#places.set(key, place)
    const lagMs = this.lagMs(label)
    this.longestLagMs = Math.max(this.longestLagMs, lagMs)
    return place.land(apply, this.#schedule.nowMs + lagMs)
  }
}

function keyOf({ indexName, namespace }: Placed): string {
  return `${indexName}/${namespace}`
}
