import type { IsolationEntry } from './isolation-entry.ts'
import { readEntries, vendorReadEntries } from './read-entries.ts'
import { vendorWriteEntries, writeEntries } from './write-entries.ts'

/**
 * An entry for each route of the public listener, by its name. `npm run check` fails for a route without one, and for an
 * entry without a route.
 */
export const isolationEntries: Readonly<Record<string, IsolationEntry>> = {
  ...readEntries,
  ...vendorReadEntries,
  ...writeEntries,
  ...vendorWriteEntries,
}
