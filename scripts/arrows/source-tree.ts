import { readdir, readFile } from 'node:fs/promises'
import { join, posix, sep } from 'node:path'

/** Path under `src`, with `/` between folders → text. */
export type SourceTree = ReadonlyMap<string, string>

/** Reads our own files of a folder. Packages that are installed inside it, as in `test/frameworks`, are others'. */
export async function readSourceTree(folder: string): Promise<SourceTree> {
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.ts') && !name.split(sep).includes('node_modules'))
    .sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return new Map(names.map((name, at) => [name.split(sep).join('/'), texts[at] ?? '']))
}

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
  /** For a relative import: the target as a path under `src`; it begins with `..` when it leaves `src`. */
  readonly file: string | undefined
}

/**
 * Finds imports by their form instead of with a parser: the formatter puts every static one at the start of a line, and
 * between the keyword and `from` there are only names, commas and braces.
 */
export function importsOf(path: string, text: string): readonly Import[] {
  const found = [...text.matchAll(staticImport), ...text.matchAll(bareImport), ...text.matchAll(dynamicImport)]
  return found.map((match) => {
    const specifier = match.groups?.specifier ?? ''
    const file = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
    return { specifier, typeOnly: match.groups?.type !== undefined, file }
  })
}

const staticImport = /^(?:import|export)\s+(?<type>type\s+)?[\w$*{},\s]+?\s+from\s+['"](?<specifier>[^'"]+)['"]/gm
const bareImport = /^import\s+['"](?<specifier>[^'"]+)['"]/gm
const dynamicImport = /\bimport\(\s*['"](?<specifier>[^'"]+)['"]/g
