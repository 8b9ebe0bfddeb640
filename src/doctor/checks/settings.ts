import type { SettingFault } from '../../config/setting-reader.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** The settings, which the others rest on: each fault, and each variable that looks like a setting and is read by nobody. */
export function checkSettings(faults: readonly SettingFault[], warnings: readonly string[]): readonly Finding[] {
  const findings = [
    ...faults.map(({ name, wrong, remedy }) => fail('settings', `${name} ${wrong}`, sentence(remedy))),
    ...warnings.map((words) => warn('settings', words.replace(/: did.*$/, ''), fixOf(words))),
  ]
  return findings.length > 0 ? findings : [ok('settings', 'all can be read, and none is misspelled')]
}

function fixOf(words: string): string {
  const nearest = /did you mean (\S+)\?$/.exec(words)?.[1]
  return nearest === undefined ? 'Unset it.' : `Rename it to ${nearest}, or unset it.`
}

function sentence(remedy: string): string {
  return `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}${/[.?!]$/.test(remedy) ? '' : '.'}`
}
