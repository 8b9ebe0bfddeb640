import { Parser } from 'htmlparser2'

/**
 * Characters searched for the charset (WHATWG, "HTML", 13.2.3.2, requires it in the first 1,024 bytes; many pages have
 * it later).
 */
const searchLength = 8_192
const inContent = /charset\s*=\s*["']?\s*([\w-]+)/i
const xmlDeclaration = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w-]+)["']/i

/** The charset that a page's head declares; examples in comments, scripts and attributes do not count. */
export function htmlCharset(head: string): string | undefined {
  let charset = xmlDeclaration.exec(head)?.[1]
  let isInBody = false
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'body') isInBody = true
      if (name !== 'meta' || isInBody || charset !== undefined) return
      const isContentType = attributes['http-equiv']?.toLowerCase() === 'content-type'
      charset =
        attributes.charset?.trim() || (isContentType ? inContent.exec(attributes.content ?? '')?.[1] : undefined)
    },
  })
  parser.end(head.slice(0, searchLength))
  return charset
}
