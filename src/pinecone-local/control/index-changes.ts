import { randomBytes } from 'node:crypto'
import { ApiError, notFound } from '../../pinecone-wire/api-error.ts'
import type { Engine } from '../engine/engine.ts'
import type { IndexConfig, IndexEntry } from '../store/catalog.ts'

/**
 * @param check throws where the index may not be made; it runs in the same step as the insert.
 * @throws ApiError 409 where the name is taken.
 */
export function createLocalIndex(
  engine: Engine,
  name: string,
  config: IndexConfig,
  check: () => void,
): Promise<IndexEntry> {
  return engine.commit(() => {
    if (engine.indexes.named(name) !== undefined) throw new ApiError(409, 'Resource already exists.')
    check()
    const hostKey = `${name}-${randomBytes(4).toString('hex').slice(0, 7)}`
    const index = engine.catalog.insertIndex(name, hostKey, config)
    engine.indexes.add(index)
    return index
  })
}

export function changeIndex(
  engine: Engine,
  index: IndexEntry,
  change: (config: IndexConfig) => IndexConfig,
): Promise<void> {
  return engine.commit(() => {
    if (!engine.indexes.has(index)) throw notFound(`Resource ${index.name} not found`)
    index.config = change(index.config)
    engine.catalog.saveIndex(index)
  })
}

/** @param check throws where the index may not be deleted. */
export function removeIndex(engine: Engine, index: IndexEntry, check: () => void): Promise<void> {
  return engine.commit(() => {
    if (!engine.indexes.has(index)) throw notFound(`Resource ${index.name} not found`)
    check()
    engine.catalog.deleteIndex(index)
    engine.indexes.remove(index)
    for (const namespace of index.namespaces.values()) engine.forget(namespace)
    index.namespaces.clear()
  })
}
