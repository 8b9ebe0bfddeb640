import PostalMime from 'postal-mime'

const frame = /<i?frame\b([^<>]*)>/gi

/**
 * The HTML of a page saved as one file, with each frame's page in the place of its frame. A page that several frames
 * show stands in the first; one that none shows stands at the end.
 *
 * @returns undefined when the message is not made of parts, or none of them is a page.
 */
export async function savedPage(message: Uint8Array): Promise<string | undefined> {
  const [outer, ...inner] = await pagesOf(message)
  if (outer === undefined) return undefined
  const byAddress = new Map(inner.flatMap((page) => page.addresses.map((address) => [address, page])))
  const left = new Set(inner)
  const withFrames = ({ html }: SavedPart): string =>
    html.replace(frame, (tag, attributes: string) => {
      const source = /\bsrc\s*=\s*["']?([^"'\s]+)/i.exec(attributes)?.[1]?.replaceAll('&amp;', '&')
      const shown = byAddress.get(source ?? '')
      return shown !== undefined && left.delete(shown) ? `<div${attributes}>${withFrames(shown)}</div>` : tag
    })
  const whole = [withFrames(outer)]
  for (const page of left) whole.push(withFrames(page))
  return whole.join('\n')
}

interface SavedPart {
  /** The addresses by which a frame names it. */
  readonly addresses: readonly string[]
  readonly html: string
}

/** The pages among the parts of a message, the outer one first. */
async function pagesOf(message: Uint8Array): Promise<SavedPart[]> {
  const source = Buffer.from(message).toString('latin1')
  const boundary = /^content-type:[^\n]*(?:\n[ \t][^\n]*)*?boundary="?([^"\s;]{1,200})/im.exec(source)?.[1]
  const pages: SavedPart[] = []
  for (const part of boundary === undefined ? [] : source.split(`--${boundary}`).slice(1)) {
    if (!/^content-type:\s*text\/html/im.test(part.slice(0, 2_000))) continue
    const { html = '', headers } = await PostalMime.parse(Buffer.from(part.replace(/^\r?\n/, ''), 'latin1'))
    const field = (name: string) => headers.find(({ key }) => key === name)?.value.trim() ?? ''
    const id = field('content-id').replace(/^<|>$/g, '')
    pages.push({ html, addresses: [field('content-location'), `cid:${id}`].filter((one) => !/^(cid:)?$/.test(one)) })
  }
  return pages
}
