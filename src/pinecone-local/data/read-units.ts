import { dimensionOf, type IndexEntry, type NamespaceEntry } from '../store/catalog.ts'

const gigabyte = 1_000_000_000
const metadataGuessBytes = 200

/** A rough estimate from counts: sizes are not tracked. */
export function namespaceBytes(index: IndexEntry, namespace: NamespaceEntry): number {
  return namespace.recordCount * ((dimensionOf(index) ?? 100) * 4 + metadataGuessBytes)
}

/** One unit per started gigabyte of the namespace (docs: understanding cost). */
export function queryUnits(index: IndexEntry, namespace: NamespaceEntry | null): number {
  return namespace === null ? 1 : Math.max(1, Math.ceil(namespaceBytes(index, namespace) / gigabyte))
}
