import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zipSync } from 'fflate'

/**
 * Makes `src/ingest/extract/character-maps/maps.zip` from the npm package `pdfjs-dist`: the character maps that PDFs
 * name without embedding. The package is 38 MB, so it is no dependency: `npm pack pdfjs-dist`, unpack it, and pass its
 * folder here.
 */
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node scripts/character-maps.ts path/to/pdfjs-dist')
const names = (await readdir(join(folder, 'cmaps'))).filter((name) => name.endsWith('.bcmap')).toSorted()
const files = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, 'cmaps', name))] as const))
const target = new URL('../src/ingest/extract/character-maps/', import.meta.url)
// The same files make the same archive.
await writeFile(new URL('maps.zip', target), zipSync(Object.fromEntries(files), { level: 9, mtime: '2000-01-01' }))
await writeFile(new URL('LICENSE', target), await readFile(join(folder, 'cmaps', 'LICENSE')))
console.log(`${names.length} maps`)
