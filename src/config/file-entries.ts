import { z } from 'zod'
import type { JsonFile } from './json-file.ts'
import type { SettingReader } from './setting-reader.ts'
import type { SettingName } from './settings.ts'

/** A variable that holds a key. A key put here by mistake does not look like this, and is therefore never shown. */
export const variableName = z
  .string('must be the name of an environment variable')
  .regex(/^[A-Z_][A-Z0-9_]{0,99}$/, 'must be the name of an environment variable, in capitals, and not the key itself')

/** A name of a hook, in the address of one or in what is listed of it. */
export const hookName = z
  .string('must be text')
  .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, 'must be up to 40 lower-case letters, digits and hyphens')

export const webhookSecretRemedy =
  'set it to whsec_ and 24 to 64 random bytes in base64: echo whsec_$(openssl rand -base64 32)'

/** Whether a text is a secret as Standard Webhooks has it. */
export function isWebhookSecret(text: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const { length } = Buffer.from(base64, 'base64')
  return length >= 24 && length <= 64
}

export const plainUrl = z.string('must be text').refine(isPlainUrl, 'must be a URL without user name and password')

/** The entries of a file that must be a list; none, and a fault, when it is something else. */
function listIn(read: SettingReader, name: SettingName, { path, json }: JsonFile, remedy: string): readonly unknown[] {
  if (Array.isArray(json)) return json
  read.fault(name, `names ${JSON.stringify(path)}, which is not a JSON list`, remedy)
  return []
}

/** An entry of a file, as far as it was read. */
export interface FileEntry<T> {
  /** `entry 2`, or `entry 2 (eu)` where entries have names. */
  readonly where: string
  readonly candidate: unknown
  /** Undefined: it has faults, which the reader has. */
  readonly data: T | undefined
}

/**
 * Reads the entries of a file that must be a list. The reader collects the faults of each, with its field.
 * @param nameOf the name of an entry, for people; it may have faults elsewhere.
 */
export function* entriesIn<T>(
  read: SettingReader,
  name: SettingName,
  file: JsonFile,
  {
    entry,
    remedy,
    nameOf,
  }: {
    readonly entry: z.ZodType<T>
    readonly remedy: string
    readonly nameOf?: (candidate: unknown) => string | undefined
  },
): Generator<FileEntry<T>> {
  for (const [i, candidate] of listIn(read, name, file, remedy).entries()) {
    const called = nameOf?.(candidate)
    const where = `entry ${i + 1}${called === undefined ? '' : ` (${called})`}`
    const parsed = entry.safeParse(candidate)
    for (const issue of parsed.error?.issues ?? []) {
      const field = issue.path.length > 0 ? `, ${issue.path.join('.')}` : ''
      read.fault(name, `has a fault in ${where}${field}`, entryFault(issue, candidate))
    }
    yield { where, candidate, data: parsed.data }
  }
}

/** The remedy for one fault of an entry, without any of its values. */
function entryFault(issue: z.core.$ZodIssue, candidate: unknown): string {
  if (issue.code === 'unrecognized_keys') return `take out what nothing reads: ${issue.keys.map(shortened).join(', ')}`
  if (issue.path.length === 0) return 'must be an object'
  const [field] = issue.path
  const isMissing = issue.path.length === 1 && !Object.hasOwn(Object(candidate), field ?? '')
  return isMissing ? 'it is missing' : issue.message
}

function shortened(key: string): string {
  return JSON.stringify(key.length > 30 ? `${key.slice(0, 27)}…` : key)
}

function isPlainUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return /^https?:$/.test(url?.protocol ?? '') && url?.username === '' && url.password === ''
}
