import { Argument, Command } from 'commander'
import type { AdminApi } from '../kit/admin-api.ts'
import { shortIds } from '../kit/cell.ts'
import type { Context } from '../kit/context.ts'
import { printable } from '../kit/printable.ts'
import { completionScripts, type Shell, shells } from './scripts.ts'
import { type Completion, type IdKindToComplete, suggest } from './suggest.ts'

const after = `
Load it in a running shell:
  bash  source <(tenant-router completion bash)
  zsh   source <(tenant-router completion zsh)
  fish  tenant-router completion fish | source

Load it in every new one: put the same line into ~/.bashrc, into ~/.zshrc after compinit, or
  tenant-router completion fish > ~/.config/fish/completions/tenant-router.fish

Example:
  tenant-router completion bash`

/** Prints a shell's script. */
export function completionCommand(context: Context): Command {
  return new Command('completion')
    .description('print a script that completes verbs, options and ids in your shell')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText('after', after)
    .action((shell: Shell) => context.writeAsIs(completionScripts[shell]))
}

/** Answers the scripts: candidates for the last word, with their descriptions. It asks the service for ids. */
export function completeCommand(context: Context, root: Command): Command {
  return new Command('complete')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: readonly string[]) => {
      const suggestion = suggest(root, words)
      if (suggestion.kind === 'files') {
        context.write(':files')
        return
      }
      const last = words.at(-1) ?? ''
      const candidates =
        suggestion.kind === 'words' ? suggestion.candidates : await idsOf(context, suggestion.of, last).catch(() => [])
      for (const { value, description } of candidates) {
        if (value.startsWith(last)) context.writeAsIs(`${printable(value)}\t${printable(description)}\n`)
      }
    })
}

type Item = Readonly<Record<string, unknown>>

interface IdSource {
  readonly path: (typed: string) => string
  readonly id: (item: Item) => unknown
  readonly words: (item: Item) => string
}

const listed = (path: string, words: IdSource['words'], id: IdSource['id'] = (one) => one.id): IdSource => ({
  path: () => `${path}?limit=100`,
  id,
  words,
})

const sources: Readonly<Record<IdKindToComplete, IdSource>> = {
  tenant: {
    path: (typed) => `/tenants?limit=100${typed === '' ? '' : `&search=${encodeURIComponent(typed)}`}`,
    id: (one) => one.id,
    words: (one) => `${one.name}, ${one.tier}`,
  },
  index: listed(
    '/indexes',
    (one) => String(one.kind),
    (one) => one.name,
  ),
  move: listed('/moves', (one) => `${one.kind} of ${one.tenantId}, ${one.state}`),
  approval: listed('/approvals', (one) => `${one.verb} of ${one.subject}, ${one.status}`),
  import: listed('/imports', (one) => `${one.file ?? ''}, ${one.state}`),
  notice: listed('/notices', (one) => `${one.type} of ${one.tenantId}`),
  run: listed('/isolation/runs', (one) => String(one.state)),
}

/** Nobody waits longer for a Tab. */
const timeoutMs = 2_000

async function idsOf(context: Context, of: IdKindToComplete, typed: string): Promise<readonly Completion[]> {
  const { path, id, words } = sources[of]
  const api: AdminApi = await context.api()
  const { items } = await api.send<{ items: readonly Item[] }>({ method: 'GET', path: path(typed), timeoutMs })
  const short = shortIds(items.map((one) => String(id(one))))
  return items.map((one) => {
    const whole = String(id(one))
    // Who has typed more than a short id goes on with the whole one.
    const value = whole.startsWith(typed) && typed.length > short(whole).length ? whole : short(whole)
    return { value, description: words(one) }
  })
}
