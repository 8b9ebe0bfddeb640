import type { AdminApi, ApiRequest } from './admin-api.ts'
import type { Context } from './context.ts'
import { CliError } from './exit-code.ts'
import { printable } from './printable.ts'
import type { ChangeOptions } from './verb.ts'

export interface Change {
  /** The change as a question: "Suspend tenant acme?". */
  readonly question: string
  readonly request: ApiRequest
  /** The present state of what would change, a line each; a dry run reads it. @throws CliError where there is none */
  readonly look: (api: AdminApi) => Promise<readonly string[]>
}

/**
 * Sends a change after asking, and returns the server's answer; undefined after `--dry-run`, which changes nothing.
 * @throws CliError `usage` when nobody can be asked and `--yes` is not given; `interrupted` when the person says no.
 */
export async function change<T>(context: Context, options: ChangeOptions, what: Change): Promise<T | undefined> {
  if (options.dryRun) {
    await preview(context, options, what)
    return undefined
  }
  await agree(context, options, what.question)
  const api = await context.api()
  return api.send<T>({ ...what.request, note: options.note }).catch((error: unknown) => {
    if (!context.interrupted.aborted) throw error
    const words = 'Interrupted while the request was under way: look whether it was done before you repeat it.'
    throw new CliError('interrupted', words)
  })
}

/** A change for a person who considers it: what is now, what would be done, and the request that does it. */
async function preview(context: Context, { json }: ChangeOptions, { question, request, look }: Change): Promise<void> {
  const { method, path, body } = request
  const lines = await look(await context.api())
  if (json) {
    context.writeJson({ dryRun: true, now: lines, method, path, ...(body === undefined ? {} : { body }) })
    return
  }
  for (const line of lines) context.write(line)
  context.write(`Would ${question.charAt(0).toLowerCase()}${question.slice(1).replace('?', '.')} Nothing was changed.`)
  context.write(`The request would be ${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`)
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
