import type { ApiVersion } from '../../pinecone-wire/api-version.ts'
import { indexModel } from '../../pinecone-wire/index-model.ts'
import type { IndexEntry } from '../store/catalog.ts'

/**
 * An index as describe shows it.
 * @param origin `http://host:port` as the caller reached this server, so that the host works for that caller.
 */
export function localIndexModel(index: IndexEntry, version: ApiVersion, origin: string): Record<string, unknown> {
  const { vector: vectors, cloud, region, metadataSchema, tags, deletionProtection } = index.config
  const place = { vectors, cloud, region, metadataSchema, tags, deletionProtection }
  return indexModel(
    { ...place, name: index.name, host: `${origin}/i/${index.hostKey}`, isReady: isReady(index) },
    version,
  )
}

export function isReady(index: IndexEntry): boolean {
  return Date.now() >= index.config.readyAtMs
}
