import { execFile } from 'node:child_process'
import { appendFile, copyFile, glob, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { promisify } from 'node:util'
import { startExtractor } from '../src/ingest/extract/process/start-extractor.ts'

/**
 * Compares the extracted text of the files in a folder with other programs' output: `pdftotext` for PDFs, a browser's
 * `innerText` for pages; other files are only extracted. Lists the words that are missing here.
 *
 * `node scripts/compare-words.ts FOLDER`, with `pdftotext` on the path and CHROMIUM as the browser (default
 * `/usr/bin/chromium`). Prints a line per file, and finally the count of each outcome.
 */
const folder = process.argv[2]
if (folder === undefined) throw new Error('Which folder? node scripts/compare-words.ts FOLDER')
const browser = process.env.CHROMIUM ?? '/usr/bin/chromium'
const run = promisify(execFile)
const options = { maxBuffer: 256 * 1024 * 1024, timeout: 60_000 }
const shownMax = 15

async function seenByOthers(path: string): Promise<string | undefined> {
  const kind = extname(path).toLowerCase()
  if (kind === '.pdf') return (await run('pdftotext', ['-q', '-enc', 'UTF-8', path, '-'], options)).stdout
  return /^\.x?html?$/.test(kind) ? await innerText(path) : undefined
}

/** Loads a copy of the page that turns itself into its own `innerText`; nothing is fetched. */
async function innerText(path: string): Promise<string> {
  const temporary = await mkdtemp(join(tmpdir(), 'compare-words-'))
  try {
    const copy = join(temporary, 'page.html')
    await copyFile(path, copy)
    await appendFile(
      copy,
      `<script>{
      const shown = document.createElement('pre')
      shown.textContent = document.body.innerText
      document.documentElement.replaceChildren(shown)
    }</script>`,
    )
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND', '--dump-dom']
    const { stdout } = await run(browser, [...flags, `--user-data-dir=${join(temporary, 'profile')}`, copy], options)
    const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', nbsp: ' ' }
    return stdout.replace(/<[^>]*>/g, '').replace(/&(amp|lt|gt|nbsp);/g, (_, name: string) => entities[name] ?? '')
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

function plain(text: string): string {
  return text
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .toLowerCase()
}

/** Words of the other text that occur nowhere in ours, not even as a part of a word or split. */
function missingWords(other: string, ours: string): string[] {
  const letters = plain(ours).replace(/[^\p{L}\p{N}\p{M}]+/gu, '')
  const words =
    plain(other)
      .replace(/(\p{L})[-‐]\s*\n\s*(?=\p{Ll})/gu, '$1')
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  return [...new Set(words)].filter((word) => !letters.includes(word))
}

await using extractor = startExtractor({ readers: 2 })
const outcomes = new Map<string, number>()
const report = (outcome: string, path: string, more = ''): void => {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  console.log(`${outcome.padEnd(8)} ${path}${more}`)
}
for await (const path of glob(`${folder}/**/*`)) {
  if (!(await stat(path)).isFile()) continue
  const [other, ours] = await Promise.all([
    seenByOthers(path).catch(() => undefined),
    extractor.extract({ bytes: await readFile(path), name: basename(path) }).catch((fault: unknown) => fault as Error),
  ])
  if (ours instanceof Error) {
    const words = plain(other ?? '').match(/[\p{L}\p{N}]{2,}/gu)?.length ?? 0
    report(words > 0 ? 'UNREAD' : 'refused', path, `: ${ours.message}${words > 0 ? ` (${words} words there)` : ''}`)
    continue
  }
  const missing = other === undefined ? [] : missingWords(other, ours.text)
  const shown = missing.slice(0, shownMax).join(' ')
  if (missing.length > 0)
    report('MISSING', path, `: ${missing.length}: ${shown}${missing.length > shownMax ? ' …' : ''}`)
  else report(other === undefined ? 'read' : 'same', path, ` (${ours.kind}, ${ours.text.length})`)
}
console.log([...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', '))
