export interface Section {
  /** The headings above this text, the outermost first. */
  readonly headings: readonly string[]
  readonly body: string
}

const heading = /^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$/
const fence = /^ {0,3}(`{3,}|~{3,})/

/** Cuts Markdown at its headings. Text without any is one section; lines of code that look like headings are code. */
export function markdownSections(text: string): Section[] {
  const sections: Section[] = []
  const path: { readonly level: number; readonly title: string }[] = []
  let lines: string[] = []
  let openFence: string | undefined
  const close = (): void => {
    const body = lines.join('\n').trim()
    if (body !== '') sections.push({ headings: path.map(({ title }) => title), body })
    lines = []
  }
  for (const line of text.split(/\r\n|\r|\n/)) {
    const mark = fence.exec(line)?.[1]
    if (mark !== undefined) {
      if (openFence === undefined) openFence = mark
      else if (mark.startsWith(openFence)) openFence = undefined
    }
    const [, hashes, title] = openFence === undefined && mark === undefined ? (heading.exec(line) ?? []) : []
    if (hashes === undefined || title === undefined) {
      lines.push(line)
      continue
    }
    close()
    while ((path.at(-1)?.level ?? 0) >= hashes.length) path.pop()
    path.push({ level: hashes.length, title })
  }
  close()
  return sections
}
