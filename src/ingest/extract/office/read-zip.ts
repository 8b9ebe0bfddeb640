import type { FileKind } from '../../extractor.ts'
import { type ExtractCaps, Unreadable } from '../text/caps.ts'
import { readKinds } from '../text/read-kinds.ts'
import { type OpenZip, openZip } from './open-zip.ts'
import { isDocx, readDocx } from './read-docx.ts'
import { readEpub } from './read-epub.ts'
import { readOdt } from './read-odt.ts'
import { isPptx, readPptx } from './read-pptx.ts'
import { isXlsx, readXlsx } from './read-xlsx.ts'

/** Reads a packed file by the program that its parts belong to. @throws Unreadable */
export async function readZip(
  bytes: Uint8Array,
  caps: ExtractCaps,
): Promise<{ kind: FileKind; text: string; title: string | null }> {
  const zip = await openZip(bytes, caps)
  if (isDocx(zip)) return { kind: 'docx', ...(await readDocx(zip, caps)) }
  if (isXlsx(zip)) return { kind: 'xlsx', ...(await readXlsx(zip, caps)) }
  if (isPptx(zip)) return { kind: 'pptx', ...(await readPptx(zip, caps)) }
  const mimetype = zip.names.has('mimetype')
    ? (await zip.read((name) => name === 'mimetype')).get('mimetype')
    : undefined
  const type = new TextDecoder('latin1').decode(mimetype).trim()
  if (type === 'application/epub+zip' || zip.names.has('META-INF/container.xml')) {
    return { kind: 'epub', ...(await readEpub(zip, caps)) }
  }
  if (/^application\/vnd\.oasis\.opendocument\.text(?:-template)?$/.test(type)) {
    return { kind: 'odt', ...(await readOdt(zip, caps)) }
  }
  throw new Unreadable(refusal(zip, type))
}

function refusal({ names }: Pick<OpenZip, 'names'>, mimetype: string): string {
  const has = (pattern: RegExp) => [...names].some((name) => pattern.test(name))
  const kind = openDocuments.find(([type]) => mimetype.startsWith(type))?.[1]
  if (kind !== undefined) return `This is ${kind}, which is not supported. ${readKinds}`
  if (has(/^xl\/workbook\.bin$/)) return 'This is a binary Excel file (.xlsb), which is not supported. Save it as XLSX.'
  if (has(/^visio\//)) return 'This is a Visio file, which is not supported. Save it as PDF.'
  if (has(/^Index\/.*\.iwa$|^Index\.zip$/))
    return 'This is a Pages, Numbers or Keynote file, which is not supported. Save it as PDF.'
  if (has(/^META-INF\/MANIFEST\.MF$/)) return `This is a Java archive (.jar), which is not supported. ${readKinds}`
  return 'This is a ZIP archive or a file of another program. Send the files in it one by one.'
}

/** Kinds by `mimetype` (OpenDocument 1.3, part 2, 3.3). */
const openDocuments = [
  ['application/vnd.oasis.opendocument.spreadsheet', 'an OpenDocument spreadsheet (.ods)'],
  ['application/vnd.oasis.opendocument.presentation', 'an OpenDocument presentation (.odp)'],
  ['application/vnd.oasis.opendocument', 'an OpenDocument file'],
] as const
