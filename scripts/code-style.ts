import { join } from 'node:path'
import { readSourceTree, type SourceTree } from './arrows/source-tree.ts'

/** Folders with code of ours. */
const folders = ['src', 'clients', 'scripts', 'bench', 'model', 'test']

/** All code of the project: path from the root → text. */
export async function readAllCode(root: string): Promise<SourceTree> {
  const trees = await Promise.all(
    folders.map(async (folder) => [folder, await readSourceTree(join(root, folder))] as const),
  )
  return new Map(
    trees.flatMap(([folder, tree]) => [...tree].map(([path, text]) => [`${folder}/${path}`, text] as const)),
  )
}

/**
 * Doc comments that begin with a fragment, as `file:line: …`: "Of one caller." instead of "Limit for one caller." The
 * reader of a fragment has to guess its subject. docs/style.md has the rule.
 */
export function checkVoice(code: SourceTree): readonly string[] {
  return faultsIn(code, fragment, (match) => {
    const [, word = ''] = match
    return `the comment begins with "${word}"; begin with a noun or a verb that says what this is or does`
  })
}

/**
 * Literals spread into literals, as `file:line: …`. Such a spread only packs several parts into one line. The check
 * goes by form instead of with a parser: a parameter list has its dots behind a bracket, and a call on a literal, as in
 * `[a, b].map(f)`, spreads the result instead.
 */
export function checkPacking(code: SourceTree): readonly string[] {
  return faultsIn(code, spread, (match) => {
    const { 0: found, index, input } = match
    const opening = index + found.length - 1
    const isItself = found.endsWith('{') || !/^\s*[.[(?]/.test(input.slice(endOf(input, opening)))
    return isItself ? 'a literal is spread into a literal; write its parts as they are' : undefined
  })
}

const fragment = /^[ \t]*\/\*\*\s*(?:\*\s*)?(Of|What|Who|Whose|Whom)\b/gm
const spread = /(?<=[{[,]\s*)\.\.\.[{[]/g

function faultsIn(code: SourceTree, form: RegExp, faultOf: (match: RegExpExecArray) => string | undefined): string[] {
  return [...code].flatMap(([path, text]) =>
    [...text.matchAll(form)].flatMap((match) => {
      const fault = faultOf(match)
      return fault === undefined ? [] : [`${path}:${lineOf(match)}: ${fault}`]
    }),
  )
}

/** Number of the line that a match begins on, blank lines before it excluded. */
function lineOf({ 0: found, index, input }: RegExpExecArray): number {
  return input.slice(0, index + found.search(/\S/)).split('\n').length
}

/** The position after the bracket that closes the one at `opening`. */
function endOf(text: string, opening: number): number {
  let depth = 0
  for (let at = opening; at < text.length; at += 1) {
    if (text[at] === '[') depth += 1
    else if (text[at] === ']') depth -= 1
    if (depth === 0) return at + 1
  }
  return text.length
}
