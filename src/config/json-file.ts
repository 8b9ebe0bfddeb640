import { readFileSync } from 'node:fs'
import type { SettingReader } from './setting-reader.ts'
import type { SettingName } from './settings.ts'

/** The content of a JSON file, not yet judged. */
export interface JsonFile {
  readonly path: string
  readonly json: unknown
}

/**
 * Reads the JSON file that a setting names. A fault is reported with those of the other settings and shows nothing of
 * the file: a parser's own words quote it, and it may by mistake hold a key.
 *
 * @param remedy how to do without the file, or what belongs into it.
 * @returns undefined when the setting is not set or its file is no JSON.
 */
export function jsonFileOf(read: SettingReader, name: SettingName, remedy: string): JsonFile | undefined {
  const path = read.raw(name)
  if (path === undefined) return undefined
  const fault = (why: string) => read.fault(name, `names ${JSON.stringify(path)}, which ${why}`, remedy)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    fault(`cannot be read${code}`)
    return undefined
  }
  try {
    return { path, json: JSON.parse(text) }
  } catch {
    fault('is not JSON')
    return undefined
  }
}
