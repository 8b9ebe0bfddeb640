import type { Command, Option } from 'commander'

export interface Completion {
  readonly value: string
  readonly description: string
}

export type IdKindToComplete = 'tenant' | 'move' | 'index' | 'approval' | 'import' | 'notice' | 'run'

/** Possible last words: known ones, files of the caller, or ids that only the service knows. */
export type Suggestion =
  | { readonly kind: 'words'; readonly candidates: readonly Completion[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'ids'; readonly of: IdKindToComplete }

const nothing: Suggestion = { kind: 'words', candidates: [] }

/**
 * Completes the last of `words`, which stand after the program's name. It reads the tree of commands, so a new verb or
 * option is completed without more.
 */
export function suggest(root: Command, words: readonly string[]): Suggestion {
  const last = words.at(-1) ?? ''
  const { command, path, given, option } = walk(root, words.slice(0, -1))
  if (option !== undefined) return suggestValue(option)
  const [, name, value] = /^(--[\w-]+)=(.*)$/s.exec(last) ?? []
  if (value !== undefined) {
    const known = command.options.find(({ long }) => long === name)
    const found = known === undefined ? nothing : suggestValue(known)
    return found.kind !== 'words'
      ? nothing
      : starting(
          last,
          found.candidates.map((one) => ({ ...one, value: `${name}=${one.value}` })),
        )
  }
  if (last.startsWith('-')) return starting(last, optionsOf(command))
  const verbs = given === 0 ? verbsOf(command) : []
  return verbs.length > 0 ? starting(last, verbs) : argumentOf(command, path, given, last)
}

interface Walked {
  readonly command: Command
  readonly path: readonly string[]
  /** Positional words after the verb. */
  readonly given: number
  /** An option whose value comes next. */
  readonly option: Option | undefined
}

function walk(root: Command, words: readonly string[]): Walked {
  let command = root
  const path: string[] = []
  let given = 0
  let option: Option | undefined
  for (const word of words) {
    if (option !== undefined) {
      option = undefined
      continue
    }
    if (word.startsWith('-')) {
      const known = command.options.find(({ long, short }) => word === long || word === short)
      if (known?.required || known?.optional) option = known
      continue
    }
    const verb = given === 0 ? command.commands.find((one) => one.name() === word) : undefined
    if (verb === undefined) given += 1
    else {
      command = verb
      path.push(word)
    }
  }
  return { command, path, given, option }
}

function optionsOf(command: Command): readonly Completion[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ value: long, description }] : []))
}

function verbsOf(command: Command): readonly Completion[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((verb) => ({ value: verb.name(), description: verb.description() }))
}

function suggestValue({ argChoices, flags, long }: Option): Suggestion {
  if (argChoices) return wordsOf(argChoices)
  if (/<(file|files\.\.\.|export)>/.test(flags)) return { kind: 'files' }
  if (long === '--tenant') return { kind: 'ids', of: 'tenant' }
  if (/<index>/.test(flags) || long === '--index') return { kind: 'ids', of: 'index' }
  return nothing
}

/** Kinds of ids by the first word of a command. */
const idsByNoun: Readonly<Record<string, IdKindToComplete>> = {
  tenants: 'tenant',
  promote: 'tenant',
  demote: 'tenant',
  rebalance: 'tenant',
  reembed: 'tenant',
  relocate: 'tenant',
  limits: 'tenant',
  attributes: 'tenant',
  reconcile: 'tenant',
  moves: 'move',
  indexes: 'index',
  approvals: 'approval',
  imports: 'import',
  notices: 'notice',
  'prove-isolation': 'run',
}

function argumentOf(command: Command, path: readonly string[], given: number, last: string): Suggestion {
  const all = command.registeredArguments
  const final = all.at(-1)
  const argument = all[given] ?? (final?.variadic ? final : undefined)
  if (argument === undefined) return nothing
  if (argument.argChoices) {
    const found = wordsOf(argument.argChoices)
    return found.kind === 'words' ? starting(last, found.candidates) : found
  }
  const name = argument.name()
  if (name === 'file') return { kind: 'files' }
  if (name === 'import') return { kind: 'ids', of: 'import' }
  const [noun = '', verb] = path
  const of = idsByNoun[noun]
  // A new name is nobody's yet, and words after the first are values.
  const isNew = verb === 'create' || (noun === 'indexes' && verb === 'adopt')
  const isId = ['id', 'ids', 'tenant', 'name'].includes(name)
  return of === undefined || isNew || !isId ? nothing : { kind: 'ids', of }
}

function wordsOf(values: readonly string[]): Suggestion {
  return { kind: 'words', candidates: values.map((value) => ({ value, description: '' })) }
}

function starting(last: string, candidates: readonly Completion[]): Suggestion {
  return { kind: 'words', candidates: candidates.filter(({ value }) => value.startsWith(last)) }
}
