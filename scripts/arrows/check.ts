import { importsOf, type SourceTree } from './source-tree.ts'
import { folderArrows, maxFiles, maxLines, packageRules, roomArrows } from './table.ts'

/**
 * Faults in how the files of `src` depend on each other, one sentence each: arrows between rooms and packages that the
 * tables lack, circles of files, the environment read outside `config.ts`, waiting in `placement`, files that grew too
 * long.
 */
export function checkArrows(tree: SourceTree): readonly string[] {
  return [
    ...[...tree].flatMap(([path, text]) => faultsOfFile(path, text, tree)),
    ...circles(new Map([...tree].map(([path, text]) => [path, filesOf(path, text, tree)]))).map(
      (way) => `a circle: ${way}`,
    ),
    ...circles(arrowsBetween(tree, folderOf)).map((way) => `a circle of folders: ${way}`),
    ...crowdedFolders(tree),
  ]
}

/**
 * Rows of the tables for arrows that nobody uses any more. They are judged only for the whole of `src`, since a part of
 * it uses a part of them.
 */
export function unusedArrows(tree: SourceTree): readonly string[] {
  const folders = arrowsBetween(tree, folderOf)
  const rooms = arrowsBetween(tree, roomOf)
  const unused = (table: typeof roomArrows, used: Arrows) =>
    Object.entries(table).flatMap(([from, targets]) => {
      if (!used.has(from)) return [`scripts/arrows/table.ts: there is no ${from}`]
      return targets
        .filter((to) => !used.get(from)?.has(to))
        .map((to) => `no file uses the arrow from ${from} to ${to}`)
    })
  return [...unused(roomArrows, rooms), ...unused(folderArrows, folders)]
}

function faultsOfFile(path: string, text: string, tree: SourceTree): readonly string[] {
  const faults: string[] = []
  const [room, folder] = [roomOf(path), folderOf(path)]
  const targets = roomArrows[room]
  if (targets === undefined) faults.push(`${path}: the room "${room}" has no row in scripts/arrows/table.ts`)
  for (const { specifier, typeOnly, file } of importsOf(path, text)) {
    if (specifier.startsWith('node:')) continue
    if (file === undefined) {
      const name = packageOf(specifier)
      const rule = packageRules[name]
      if (rule === undefined) faults.push(`${path}: the package ${name} has no row in scripts/arrows/table.ts`)
      else if (!rule.only.some((start) => path.startsWith(start)) && !(typeOnly && rule.typesAnywhere))
        faults.push(`${path}: may not import ${name}; only ${rule.only.join(', ')} may`)
    } else if (file === '../package.json') {
      // Our own name and version.
    } else if (file.startsWith('..')) {
      faults.push(`${path}: imports ${specifier}, which is outside src`)
    } else if (!tree.has(file)) {
      faults.push(`${path}: imports ${specifier}, which is not there`)
    } else if (roomOf(file) !== room) {
      if (targets?.includes(roomOf(file)) === false)
        faults.push(`${path}: imports ${file}; no arrow goes from ${room} to ${roomOf(file)}`)
    } else if (folderOf(file) !== folder && folderArrows[folder]?.includes(folderOf(file)) !== true) {
      faults.push(`${path}: imports ${file}; no arrow goes from ${folder} to ${folderOf(file)}`)
    }
  }
  const code = withoutComments(text)
  if (path !== 'config/config.ts' && environment.test(code))
    faults.push(`${path}: reads the environment; only config/config.ts may, the rest is handed its slice`)
  if (room === 'placement' && waiting.test(code))
    faults.push(`${path}: waits, or reads a clock or chance; placement only decides`)
  const lines = text.split('\n').length - 1
  if (lines > maxLines) faults.push(`${path}: ${lines} lines; ${maxLines} are the most, it holds more than one idea`)
  return faults
}

/** The imports of each file, folder or room. */
type Arrows = ReadonlyMap<string, ReadonlySet<string>>

/** Reports every circle once, by one path round it; type-only imports count, for they tie ideas too. */
function circles(arrows: Arrows): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (at: string): void => {
    if (done.has(at)) return
    const start = way.indexOf(at)
    if (start >= 0) {
      found.push([...way.slice(start), at].join(' → '))
      return
    }
    way.push(at)
    for (const next of arrows.get(at) ?? []) visit(next)
    way.pop()
    done.add(at)
  }
  for (const at of arrows.keys()) visit(at)
  return found
}

function arrowsBetween(tree: SourceTree, nameOf: (path: string) => string): Arrows {
  const arrows = new Map<string, Set<string>>()
  for (const [path, text] of tree) {
    const from = nameOf(path)
    const targets = arrows.get(from) ?? new Set()
    arrows.set(from, targets)
    for (const file of filesOf(path, text, tree)) if (nameOf(file) !== from) targets.add(nameOf(file))
  }
  return arrows
}

function filesOf(path: string, text: string, tree: SourceTree): ReadonlySet<string> {
  return new Set(importsOf(path, text).flatMap(({ file }) => (file !== undefined && tree.has(file) ? [file] : [])))
}

function crowdedFolders(tree: SourceTree): readonly string[] {
  const counts = new Map<string, number>()
  for (const path of tree.keys()) {
    const folder = path.split('/').slice(0, -1).join('/')
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts].flatMap(([folder, files]) =>
    files > maxFiles ? [`${folder || 'src'}: ${files} files; ${maxFiles} are the most a folder holds`] : [],
  )
}

function roomOf(path: string): string {
  const [first = '', ...rest] = path.split('/')
  return rest.length === 0 ? first.replace(/\.ts$/, '') : first
}

/** The folder of a file; a file directly in `src` is a room, and so a folder, of its own. */
function folderOf(path: string): string {
  return path.includes('/') ? path.split('/').slice(0, -1).join('/') : roomOf(path)
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$|\s\/\/ .*$/gm, '')
}

const environment = /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\[|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*'node:process'/
const waiting = /\b(?:async|await|Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval)\b/
