import type { Command } from 'commander'

export interface FieldOptions {
  readonly textField?: string
  readonly sourceField?: string
  readonly documentField?: string
  readonly visibilityField?: string
}

/** Adds the options that name the metadata fields of records which others made. */
export function withFieldOptions(command: Command): Command {
  return command
    .option('--text-field <field>', 'field that holds the text (default: text; _node_content for LlamaIndex)')
    .option('--source-field <field>', 'field that names the source (default: source)')
    .option('--document-field <field>', 'field that names the document (default: documentId)')
    .option('--visibility-field <field>', 'field that lists the groups which may see a record (default: visibility)')
}

/** The fields as the admin API takes them; undefined: none is named. */
export function fieldsOf(options: FieldOptions): Readonly<Record<string, string>> | undefined {
  const { textField: text, sourceField: source, documentField: documentId, visibilityField: visibility } = options
  const named = Object.entries({ text, source, documentId, visibility }).flatMap(([field, name]) =>
    name === undefined ? [] : [[field, name] as const],
  )
  return named.length === 0 ? undefined : Object.fromEntries(named)
}
