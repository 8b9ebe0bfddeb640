import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { marked, type Token, type Tokens } from 'marked'

/** Characters of a paragraph or a list item, at most: what a reader takes in without losing the thread. */
const longest = 600

/** Generated pages, and the generated part of the README. */
const made = ['docs/benchmarks.md']
const madePart = /<!-- benchmarks[\s\S]*?<!-- \/benchmarks -->/

/** Paragraphs of README and `docs/*.md` that are too long, one sentence each. Tables, code and numbered rules may be. */
export async function checkParagraphs(root: string): Promise<string[]> {
  const pages = [
    'README.md',
    ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ]
  const faults = await Promise.all(
    pages
      .filter((page) => !made.includes(page))
      .map(async (page) => {
        const text = (await readFile(join(root, page), 'utf8')).replace(madePart, '')
        return longParagraphs(text).map(
          (paragraph) =>
            `${page}: a paragraph of ${paragraph.length} characters, ${longest} are the most: ${paragraph.slice(0, 60).replaceAll('\n', ' ')}…`,
        )
      }),
  )
  return faults.flat()
}

function longParagraphs(markdown: string): string[] {
  return marked
    .lexer(markdown)
    .flatMap(paragraphsOf)
    .filter((paragraph) => paragraph.length > longest)
}

/** A point of a list ends where a list inside it begins; that one's points are judged by themselves. */
function paragraphsOf(token: Token): string[] {
  if (token.type === 'paragraph' || token.type === 'text') return [token.raw.trim()]
  if (token.type === 'blockquote') return ((token as Tokens.Blockquote).tokens ?? []).flatMap(paragraphsOf)
  if (token.type === 'list' && !(token as Tokens.List).ordered)
    return (token as Tokens.List).items.flatMap((item) => item.tokens.flatMap(paragraphsOf))
  return []
}

if (import.meta.main) {
  const faults = await checkParagraphs(join(import.meta.dirname, '..'))
  for (const fault of faults) console.log(fault)
  process.exitCode = faults.length > 0 ? 1 : 0
}
