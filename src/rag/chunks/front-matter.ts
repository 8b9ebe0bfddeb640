/** Longer blocks are text between two lines. */
const lengthMax = 20_000
const border = /^(---|\+\+\+)[ \t]*(?:\r\n|\r|\n)/
const field = /^[\w"'.-][^:=\r\n]{0,200}[:=](?:\s|$)/m
const titleField = /^["']?title["']?[ \t]*[:=][ \t]*(?:[>|][-+\d]*[ \t]*(?:\r\n|\r|\n)[ \t]+)?([^\r\n]*)$/im

/**
 * The front matter at the start of a text: YAML fields between two lines of `---`, or TOML between `+++`. A line in it
 * that looks like a heading is a comment.
 *
 * @returns where the text after it begins, and its title; undefined when there is none.
 */
export function frontMatter(text: string): { readonly to: number; readonly title: string | undefined } | undefined {
  const [opening, mark] = border.exec(text.slice(0, 100)) ?? []
  if (opening === undefined || mark === undefined) return undefined
  const head = text.slice(opening.length, lengthMax)
  const closing = mark === '---' ? /^(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|$)/m : /^\+\+\+[ \t]*(?:\r\n|\r|\n|$)/m
  const end = closing.exec(head)
  if (end === null) return undefined
  const fields = head.slice(0, end.index)
  if (!field.test(fields)) return undefined
  const title = titleField
    .exec(fields)?.[1]
    ?.trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim()
  return { to: opening.length + end.index + end[0].length, title: title === '' ? undefined : title }
}
