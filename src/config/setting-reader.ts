import { type Setting, type SettingName, settings } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads settings one by one and collects every fault, so that one message reports them all. */
export interface SettingReader {
  /** Trimmed; an empty value counts as not set, since compose files write it so. The table's default applies. */
  raw(name: SettingName): string | undefined
  /** Like `raw`, without the table's default. */
  given(name: SettingName): string | undefined
  /** A variable outside the settings table, named in a file. Undefined when it is not set. */
  variable(name: string): string | undefined
  text(name: SettingName): string
  /** A list separated by spaces or commas. */
  words(name: SettingName): readonly string[]
  number(name: SettingName, bounds: NumberBounds): number
  choice<const C extends string>(name: SettingName, choices: readonly C[]): C
  /** Undefined when it is not set. */
  url(name: SettingName): string | undefined
  fault(name: SettingName, wrong: string, remedy: string): void
  /** Names requested through `variable`. */
  readonly variables: ReadonlySet<string>
  /** The faults found so far, in order. */
  readonly faults: readonly SettingFault[]
  /** @throws ConfigError when there was any fault. */
  finish(): void
}

/** A setting that cannot be used as it is; neither text shows a secret. */
export interface SettingFault {
  readonly name: SettingName
  /** As in "is missing". */
  readonly wrong: string
  readonly remedy: string
}

export interface NumberBounds {
  readonly min: number
  readonly max: number
  /** Allows a fraction, as in `CACHE_TTL_S=0.5`. */
  readonly fraction?: boolean
}

/** Invalid settings; `message` names each fault with its remedy and shows no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export function settingReader(env: Environment, defaults: Partial<Record<string, string>>): SettingReader {
  const faults: SettingFault[] = []
  const table = new Map<string, Setting>(settings.map((setting) => [setting.name, setting]))
  const fault = (name: SettingName, wrong: string, remedy: string) => {
    faults.push({ name, wrong, remedy })
  }
  const given = (name: SettingName) => env[name]?.trim() || defaults[name]
  const variables = new Set<string>()
  for (const { name } of settings) {
    // `docker --env-file` and systemd's parsers differ: some hand the quotes on, and no setting of ours has any.
    if (/^(["']).*\1$/s.test(env[name]?.trim() ?? '')) {
      fault(name, 'is in quotes', 'remove them; the reader of this file passes them on as part of the value')
    }
  }
  const raw = (name: SettingName) => given(name) ?? table.get(name)?.default
  const shown = (name: SettingName, value: string) => (table.get(name)?.secret ? '[secret]' : JSON.stringify(value))

  const text = (name: SettingName) => {
    const value = raw(name)
    if (!value) fault(name, 'is missing', `set it (${table.get(name)?.meaning ?? ''})`)
    return value ?? ''
  }
  return {
    raw,
    given,
    variables,
    faults,
    variable(name) {
      variables.add(name)
      return env[name]?.trim() || undefined
    },
    text,
    words: (name) => (raw(name) ?? '').split(/[\s,]+/).filter((word) => word !== ''),
    fault,
    number(name, bounds) {
      const value = text(name)
      const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN
      const whole = bounds.fraction === true || Number.isInteger(number)
      if (value === '' || (whole && number >= bounds.min && number <= bounds.max)) return number
      const kind = bounds.fraction ? 'number' : 'whole number'
      fault(name, `is ${shown(name, value)}`, `set a ${kind} from ${bounds.min} to ${bounds.max}`)
      return number
    },
    choice(name, choices) {
      const value = text(name)
      const found = choices.find((choice) => choice === value)
      if (found !== undefined) return found
      if (value !== '') fault(name, `is ${shown(name, value)}`, `set one of ${choices.join(', ')}`)
      return choices[0] as (typeof choices)[number]
    },
    url(name) {
      const value = raw(name)
      if (!value) return undefined
      const url = URL.canParse(value) ? new URL(value) : undefined
      if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
        // Not shown: a mistyped URL may carry a password.
        fault(name, 'is not a URL', 'set one that begins with https:// or http://')
      } else if (url.username !== '' || url.password !== '') {
        fault(name, 'has a user name or password in it', 'take it out; credentials have settings of their own')
      }
      return value
    },
    finish() {
      if (faults.length === 0) return
      const what = faults.length === 1 ? 'One setting is wrong' : `${faults.length} settings are wrong`
      const lines = faults.map(({ name, wrong, remedy }) => `  ${name} ${wrong}: ${remedy}`)
      throw new ConfigError(`${what}:\n${lines.join('\n')}`)
    },
  }
}
