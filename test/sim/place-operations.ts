import type { CallOptions, ReadMark, TenantStore, VectorRecord, WriteReceipt } from '../../src/stores/store.ts'
import { matches } from '../rag/reference-filter.ts'

type Records = Map<string, VectorRecord>

/** The building blocks of the operations on one place: a look at its shown content, and a change of its true one. */
interface Access {
  /** @param isProbe there are a hundred of them in a row: they take no steps of the schedule. */
  read<T>(
    label: string,
    options: CallOptions | undefined,
    look: (shown: Records) => T,
    isProbe?: boolean,
  ): Promise<T & ReadMark>
  write(
    label: string,
    apply: (all: Records) => void,
    options: CallOptions | undefined,
    isStamped?: boolean,
  ): Promise<WriteReceipt>
}

type Operations = Omit<TenantStore, 'placement' | 'createNamespace' | 'describeNamespace' | 'deleteNamespace'>

/** The vendor's operations on the records of one place. @param g its name in labels, as in `g2`. */
export function placeOperations(g: string, { read, write }: Access): Operations {
  return {
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
    updateByFilter: (filter, setMetadata, options) =>
      write(
        `updateByFilter ${g}`,
        (all) => {
          for (const one of [...all.values()]) {
            if (matches(filter, one.metadata ?? {}))
              all.set(one.id, { ...one, metadata: { ...one.metadata, ...setMetadata } })
          }
        },
        options,
      ),
    countByFilter: (filter, options) =>
      read(`countByFilter ${g}`, options, (shown) => ({
        count: [...shown.values()].filter((one) => matches(filter, one.metadata ?? {})).length,
      })),
    deleteAll: (options) => write(`deleteAll ${g}`, (all) => all.clear(), options),
    fetch: (ids, options) =>
      read(`fetch ${g} ${names(ids)}`, options, (shown) => ({
        records: new Map(ids.flatMap((id) => (shown.has(id) ? [[id, shown.get(id) as VectorRecord]] : []))),
      })),
    list: ({ prefix = '', limit = 100, cursor = '' }, options) => {
      const look = (shown: Records) => {
        const ids = [...shown.keys()].filter((id) => id > cursor && id.startsWith(prefix)).sort()
        const last = ids[limit - 1]
        return { ids: ids.slice(0, limit), ...(ids.length > limit && last !== undefined ? { nextCursor: last } : {}) }
      }
      return read(`list ${g}${prefix && ` ${prefix}`}`, options, look, limit === 1 && prefix !== '')
    },
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
  }
}

function names(ids: readonly string[]): string {
  return ids.length <= 8 ? ids.join() : `${ids.slice(0, 8).join()},…`
}
