import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime'
import type { ExtractedText, FileInput } from '../extractor.ts'
import { htmlToMarkdown } from './html/html-to-markdown.ts'
import { escaped } from './html/markdown-writer.ts'
import { savedPage } from './saved-page.ts'
import { type ExtractCaps, textTooLong, Unreadable } from './text/caps.ts'

/** Attachments read of a mail; further ones are only named. */
const attachmentsMax = 50
/** Mails within a mail are read like its other files: the library would write their headers in the machine's locale. */
const wholeMails = { rfc822Attachments: true, forceRfc822Attachments: true }
const separator = /\r?\n\r?\n>?From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n/g

/** Reads an attachment like any other file. */
export type ReadAttachment = (file: FileInput, caps: ExtractCaps) => Promise<Pick<ExtractedText, 'text'>>

/**
 * A mail as Markdown: its subject as a heading, sender, recipients and date, its text, and each readable attachment
 * under a heading with its name. A saved web page (MHTML) is read as its page alone; several mails in one file (mbox)
 * follow one another.
 *
 * @throws Unreadable
 */
export async function readMail(
  bytes: Uint8Array,
  caps: ExtractCaps,
  readAttachment: ReadAttachment,
): Promise<{ text: string; title: string | null }> {
  let text = ''
  let title: string | null = null
  for (const message of messagesOf(bytes)) {
    const mail = await PostalMime.parse(message, wholeMails).catch((cause: unknown) => {
      throw new Unreadable('The mail is broken: it cannot be read.', { cause })
    })
    const left = { ...caps, textLength: caps.textLength - text.length }
    const read = isSavedPage(mail) ? await pageText(mail, message, left) : await mailText(mail, left, readAttachment)
    text += (text === '' ? '' : '\n\n') + read.text
    title ??= read.title
    if (text.length > caps.textLength) throw textTooLong(caps)
  }
  return { text, title }
}

function* messagesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1')
  let start = Math.max(0, head.search(/[^\s\xef\xbb\xbf]/))
  if (/^>?From /.test(head.slice(start))) {
    const all = Buffer.from(bytes).toString('latin1')
    // A line that begins like a mail's first one is marked (mboxrd).
    const unmarked = (from: number, to?: number) =>
      Buffer.from(all.slice(from, to).replace(/^>(>*From )/gm, '$1'), 'latin1')
    for (const found of all.matchAll(separator)) {
      yield unmarked(start, found.index)
      start = found.index + found[0].length
    }
    yield unmarked(start)
    return
  }
  yield bytes.subarray(start)
}

/** Whether it is a page that a browser, or Confluence, saved as one file. */
function isSavedPage({ headers, from, to }: Email): boolean {
  const field = (name: string) => headers.find(({ key }) => key === name)?.value ?? ''
  if (field('snapshot-content-location') !== '' || /saved by/i.test(field('from'))) return true
  return to === undefined && from?.address === undefined && /multipart\/related|text\/html/i.test(field('content-type'))
}

async function pageText(
  mail: Email,
  message: Uint8Array,
  caps: ExtractCaps,
): Promise<{ text: string; title: string | null }> {
  if (mail.html === undefined) return { text: mail.text ?? '', title: mail.subject ?? null }
  const { text, title } = htmlToMarkdown((await savedPage(message)) ?? mail.html, caps)
  return { text, title: title ?? mail.subject ?? null }
}

async function mailText(
  mail: Email,
  caps: ExtractCaps,
  readAttachment: ReadAttachment,
): Promise<{ text: string; title: string | null }> {
  const subject = mail.subject?.replace(/\s+/g, ' ').trim() || null
  const parts = [subject === null ? '' : `# ${subject}`, headOf(mail), bodyOf(mail, caps)]
  const unread: string[] = []
  for (const [at, attachment] of mail.attachments.filter(isFile).entries()) {
    const name = nameOf(attachment)
    const { content, mimeType: contentType } = attachment
    const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content)
    const file = { bytes, contentType, name: attachment.filename ?? undefined }
    const read = at < attachmentsMax ? await readAttachment(file, caps).catch(unreadable) : undefined
    if (read === undefined) unread.push(name)
    else parts.push(isMail(attachment) ? '' : `## ${name}`, read.text)
    if (parts.reduce((sum, part) => sum + part.length, 0) > caps.textLength) throw textTooLong(caps)
  }
  if (unread.length > 0) parts.push(`Attached: ${unread.join(', ')}`)
  return { text: parts.filter((part) => part.trim() !== '').join('\n\n'), title: subject }
}

function headOf({ from, sender, to, cc, headers }: Email): string {
  const date = headers.find(({ key }) => key === 'date')?.value.trim() ?? ''
  const fields = [
    ['From', people([from ?? sender])],
    ['To', people(to)],
    ['Cc', people(cc)],
    ['Date', date],
  ] as const
  return fields.flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`])).join('\n')
}

function people(addresses: readonly (Address | undefined)[] = []): string {
  return addresses
    .flatMap((one) => (one === undefined ? [] : one.group === undefined ? [one] : one.group))
    .map(({ name, address }) => (name === '' || name === address ? address : `${name} <${address}>`))
    .join(', ')
}

/** Prefers the HTML body, which has headings and tables; both bodies have the same words. */
function bodyOf({ html, text }: Email, caps: ExtractCaps): string {
  const read = html === undefined ? '' : htmlToMarkdown(html, caps).text
  return read.trim() !== '' ? read : (text ?? '').split(/\r?\n/).map(escaped).join('\n').trim()
}

/** Whether an attachment is a file that someone sent, not an inline picture or the mail's own signature. */
function isFile({ related, mimeType, disposition, filename }: Attachment): boolean {
  if (related === true || /pgp-signature|pkcs7-signature/.test(mimeType)) return false
  return disposition === 'attachment' || filename !== null || !/^image\//.test(mimeType)
}

/** Whether the attachment is a mail, which has its subject as its heading. */
function isMail({ filename, mimeType }: Attachment): boolean {
  return mimeType === 'message/rfc822' && !filename
}

function nameOf({ filename, mimeType }: Attachment): string {
  return filename?.replace(/\s+/g, ' ').trim() || mimeType
}

function unreadable(fault: unknown): undefined {
  if (fault instanceof Unreadable) return undefined
  throw fault
}
