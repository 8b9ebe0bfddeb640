import { importsOf, type SourceTree } from './source-tree.ts'
import { maxLines, packageRules, roomArrows } from './table.ts'

/**
 * What is wrong with how the files of `src` depend on each other, one sentence a fault: arrows between rooms and
 * packages that the tables lack, circles of files, the environment read outside `config.ts`, waiting in `placement`,
 * files that grew too long.
 */
export function checkArrows(tree: SourceTree): readonly string[] {
  return [...[...tree].flatMap(([path, text]) => faultsOfFile(path, text, tree)), ...circles(tree)]
}

function faultsOfFile(path: string, text: string, tree: SourceTree): readonly string[] {
  const faults: string[] = []
  const room = roomOf(path)
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
    } else if (roomOf(file) !== room && targets?.includes(roomOf(file)) === false) {
      faults.push(`${path}: imports ${file}; no arrow goes from ${room} to ${roomOf(file)}`)
    }
  }
  const code = withoutComments(text)
  if (path !== 'config.ts' && environment.test(code))
    faults.push(`${path}: reads the environment; only config.ts may, the rest is handed its slice`)
  if (room === 'placement' && waiting.test(code))
    faults.push(`${path}: waits, or reads a clock or chance; placement only decides`)
  const lines = text.split('\n').length - 1
  if (lines > maxLines) faults.push(`${path}: ${lines} lines; ${maxLines} are the most, it holds more than one idea`)
  return faults
}

/** Every circle of files is reported once, by one way round it; type-only imports count, for they tie ideas too. */
function circles(tree: SourceTree): readonly string[] {
  const faults: string[] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string): void => {
    if (done.has(path)) return
    const start = way.indexOf(path)
    if (start >= 0) {
      faults.push(`a circle: ${[...way.slice(start), path].join(' → ')}`)
      return
    }
    way.push(path)
    for (const { file } of importsOf(path, tree.get(path) ?? '')) if (file !== undefined && tree.has(file)) visit(file)
    way.pop()
    done.add(path)
  }
  for (const path of tree.keys()) visit(path)
  return faults
}

function roomOf(path: string): string {
  const [first = '', ...rest] = path.split('/')
  return rest.length === 0 ? first.replace(/\.ts$/, '') : first
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
