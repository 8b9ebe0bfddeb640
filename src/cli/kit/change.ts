import type { ApiRequest } from './admin-api.ts'
import type { Context } from './context.ts'
import { CliError } from './exit-code.ts'
import { printable } from './printable.ts'
import type { ChangeOptions } from './verb.ts'

export interface Change {
  /** The change as a question: "Suspend tenant acme?". */
  readonly question: string
  readonly request: ApiRequest
}

/**
 * Sends a change after asking, and returns the server's answer; undefined after `--dry-run`, which sends nothing.
 * @throws CliError `usage` when nobody can be asked and `--yes` is not given; `interrupted` when the person says no.
 */
export async function change<T>(context: Context, options: ChangeOptions, what: Change): Promise<T | undefined> {
  const { method, path, body } = what.request
  if (options.dryRun) {
    if (options.json) context.writeJson({ dryRun: true, method, path, ...(body === undefined ? {} : { body }) })
    else
      context.write(
        `Would send ${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}. Nothing was changed.`,
      )
    return undefined
  }
  await agree(context, options, what.question)
  return (await context.api()).send<T>({ ...what.request, note: options.note })
}

/** Asks, unless `--yes` is given. */
export async function agree(context: Context, options: ChangeOptions, question: string): Promise<void> {
  if (options.yes) return
  if (!context.interactive) {
    throw new CliError(
      'usage',
      `${question} Nobody can be asked here: pass --yes to do it, or --dry-run to preview it.`,
    )
  }
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: printable(question), initialValue: false })
  if (isCancel(answer)) throw new CliError('interrupted', 'Interrupted. Nothing was changed.')
  if (!answer) throw new CliError('failed', 'Nothing was changed.')
}
