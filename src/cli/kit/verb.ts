import { Command } from 'commander'

/** Options that every verb has. */
export interface ReadOptions {
  readonly json?: true
}

/** Options of a verb that changes something. */
export interface ChangeOptions extends ReadOptions {
  readonly dryRun?: true
  readonly yes?: true
  /** Why, for the audit. */
  readonly note?: string
}

interface VerbSpec {
  /** The arguments in Commander's notation: `show <id>`. */
  readonly usage: string
  readonly summary: string
  /** One line that can be pasted, without the program's name. */
  readonly example: string
}

/** A verb that only reads. */
export function readingVerb(spec: VerbSpec): Command {
  const [name, ...placeholders] = spec.usage.split(' ')
  const command = new Command(name)
  for (const placeholder of placeholders) command.argument(placeholder)
  return command
    .description(spec.summary)
    .option('--json', 'print JSON for scripts')
    .addHelpText('after', `\nExample:\n  tenant-router ${spec.example}`)
}

/** A verb that changes something: it offers a dry run, and asks first. */
export function changing(spec: VerbSpec): Command {
  return readingVerb(spec)
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--note <text>', 'why, for the audit')
}
