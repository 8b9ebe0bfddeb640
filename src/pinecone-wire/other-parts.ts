/** Parts of the vendor's API beside vectors, namespaces and indexes, by path prefix. */
const otherParts: readonly (readonly [string, string])[] = [
  ['/bulk/', 'imports'],
  ['/records/', 'text records (integrated embedding)'],
  ['/namespaces/', 'documents'],
  ['/documents', 'documents'],
  ['/indexes/create-for-model', 'integrated embedding'],
  ['/indexes/', 'backups and backup schedules'],
  ['/collections', 'collections'],
  ['/backups', 'backups'],
  ['/backup-schedules', 'backup schedules'],
  ['/restore-jobs', 'restore jobs'],
  ['/embed', 'inference'],
  ['/rerank', 'inference'],
  ['/models', 'inference'],
  ['/assistant', 'assistants'],
  ['/admin', 'the admin API'],
]

/** The name of the part of the vendor's API that a path belongs to; undefined for none that is known. */
export function otherPart(path: string): string | undefined {
  return otherParts.find(([start]) => path.startsWith(start))?.[1]
}
