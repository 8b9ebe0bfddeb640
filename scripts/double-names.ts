import type { SourceTree } from './arrows/source-tree.ts'

const exported =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum)\s+([\w$]+)/gm

/** Names that two files of `src` export: a reader, and an editor's import, can't tell them apart. */
export function checkDoubleNames(tree: SourceTree): readonly string[] {
  const files = new Map<string, Set<string>>()
  for (const [path, text] of tree) {
    for (const [, name = ''] of text.matchAll(exported)) {
      const known = files.get(name) ?? new Set()
      files.set(name, known.add(path))
    }
  }
  return [...files].flatMap(([name, paths]) =>
    paths.size > 1 ? [`${name} is exported by ${[...paths].join(' and ')}`] : [],
  )
}
