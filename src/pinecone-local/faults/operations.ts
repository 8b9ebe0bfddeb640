export const operations = [
  'createIndex',
  'listIndexes',
  'describeIndex',
  'configureIndex',
  'deleteIndex',
  'createNamespace',
  'listNamespaces',
  'describeNamespace',
  'deleteNamespace',
  'upsert',
  'update',
  'delete',
  'query',
  'fetch',
  'fetchByMetadata',
  'list',
  'stats',
] as const

export type Operation = (typeof operations)[number]

/** Names for groups of operations, for a rule's `on`. */
export const groups = {
  control: ['createIndex', 'listIndexes', 'describeIndex', 'configureIndex', 'deleteIndex'],
  namespaces: ['createNamespace', 'listNamespaces', 'describeNamespace', 'deleteNamespace'],
  writes: ['upsert', 'update', 'delete', 'createNamespace', 'deleteNamespace'],
  reads: ['query', 'fetch', 'fetchByMetadata', 'list', 'stats', 'listNamespaces', 'describeNamespace'],
} as const satisfies Record<string, readonly Operation[]>

export type Group = keyof typeof groups

export function covers(on: Operation | Group, operation: Operation): boolean {
  if (on === operation) return true
  return on in groups && (groups[on as Group] as readonly Operation[]).includes(operation)
}
