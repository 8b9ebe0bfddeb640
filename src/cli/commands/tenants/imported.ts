/** An import as the admin listener returns it, with only the fields used here. */
export interface Imported {
  readonly id: string
  readonly state: string
  readonly counts: Readonly<Record<'new' | 'changed' | 'same' | 'refused' | 'conflict', number>>
  readonly undoUntil: string | null
}

export interface PreviewedRow extends Record<string, unknown> {
  readonly line: number
  readonly kind: string
  readonly tenantId: string | null
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>
  readonly reason: string | null
}

export interface PreviewedImport extends Imported {
  readonly columns: readonly { readonly header: string; readonly field: string | null }[]
  readonly rows: readonly PreviewedRow[]
  readonly leftOff: number
}

/** The outcome in a line, with what takes it back. */
export function importedWords({ id, state, counts, undoUntil }: Imported): string {
  if (state === 'undone') return `Import ${id} is undone.`
  const done = `Imported: ${counts.new} new, ${counts.changed} changed.`
  return undoUntil === null ? done : `${done} Until ${undoUntil}: tenant-router tenants undo-import ${id}`
}

/** A row of a diff in words: its reason, or its changes. */
export function whatOf({ reason, changes, kind }: PreviewedRow): string {
  if (reason !== null) return reason
  const shown = (value: unknown) => (value === null ? 'nothing' : String(value))
  return Object.entries(changes)
    .map(([field, { from, to }]) => `${field}: ${kind === 'new' ? shown(to) : `${shown(from)} → ${shown(to)}`}`)
    .join(', ')
}
