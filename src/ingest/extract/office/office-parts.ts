import { Unreadable } from '../text/caps.ts'

const doctype = /<!DOCTYPE|<!ENTITY/i
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * Refuses document types, which Office never writes: an entity could expand without end, or refer to another file.
 * @param what as in "a Word file as Word" (writes it).
 * @throws Unreadable
 */
export function noDoctype(parts: ReadonlyMap<string, Uint8Array>, what: string): void {
  for (const [name, bytes] of parts) {
    if (doctype.test(Buffer.from(bytes.subarray(0, 65_536)).toString('latin1'))) {
      throw new Unreadable(`The file is not ${what} writes it: ${name} declares a document type.`)
    }
  }
}

/** The title in a packed file's metadata. */
export function titleOf(core: Uint8Array | undefined): string | null {
  const title = /<dc:title[^>]*>([^<]{1,500})<\/dc:title>/.exec(Buffer.from(core ?? []).toString())?.[1]?.trim()
  if (title === undefined || title === '') return null
  return title.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '')
}
