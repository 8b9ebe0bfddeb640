import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Folders whose Markdown pages are checked, besides those directly in the root. */
const folders = ['docs', 'src', 'test', 'clients', 'model', 'bench']

/** Links of Markdown pages that lead to no file of the project, one sentence each. */
export async function checkLinks(root: string): Promise<string[]> {
  const below = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => `${folder}/${name}`),
    ),
  )
  const pages = [...(await readdir(root)), ...below.flat()].filter(
    (name) => name.endsWith('.md') && !name.includes('node_modules'),
  )
  const faults = await Promise.all(pages.sort().map((page) => faultsOf(root, page)))
  return faults.flat()
}

async function faultsOf(root: string, page: string): Promise<string[]> {
  const text = (await readFile(join(root, page), 'utf8')).replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
  const targets = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)[^)]*\)/g)].map((match) => match[1] ?? '')
  const missing = await Promise.all(
    [...new Set(targets)].map((target) =>
      access(join(root, dirname(page), target)).then(
        () => [],
        () => [`${page}: links to ${target}, which is not there`],
      ),
    ),
  )
  return missing.flat()
}

if (import.meta.main) {
  const faults = await checkLinks(join(import.meta.dirname, '..'))
  for (const fault of faults) console.log(fault)
  process.exitCode = faults.length > 0 ? 1 : 0
}
