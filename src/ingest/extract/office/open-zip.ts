import type { Readable } from 'node:stream'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { type ExtractCaps, Unreadable } from '../text/caps.ts'

/** A packed file with its parts listed but not yet unpacked. */
export interface OpenZip {
  readonly names: ReadonlySet<string>
  /** Unpacks parts under one cap for all. Of two with the same name the later one wins. */
  read(isWanted: (name: string) => boolean): Promise<Map<string, Uint8Array>>
}

type ZipCaps = Pick<ExtractCaps, 'unpackedBytes' | 'entries'>

/**
 * Opens a ZIP by its directory. The directory's sizes are checked but not trusted: bytes are counted while a part is
 * unpacked, and only requested parts are unpacked.
 *
 * @throws Unreadable for one that is broken, has too many parts, or unpacks to too much.
 */
export async function openZip(bytes: Uint8Array, caps: ZipCaps): Promise<OpenZip> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    fromBuffer(buffer, { lazyEntries: true, validateEntrySizes: true }, (fault, opened) =>
      fault === null ? resolve(opened) : reject(broken(fault)),
    ),
  )
  if (zip.entryCount > caps.entries) throw new Unreadable(`The file packs more than ${caps.entries} files.`)
  const entries = await entriesOf(zip)
  return {
    names: new Set(entries.map(({ fileName }) => fileName)),
    async read(isWanted) {
      const wanted = entries.filter(({ fileName }) => isWanted(fileName))
      const told = wanted.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
      if (told > caps.unpackedBytes) throw tooLarge(caps)
      const parts = new Map<string, Uint8Array>()
      let left = caps.unpackedBytes
      for (const entry of wanted) {
        if (entry.isEncrypted()) throw new Unreadable('The file is encrypted. Save it without a password.')
        const part = await unpacked(zip, entry, left, caps)
        left -= part.length
        parts.set(entry.fileName, part)
      }
      return parts
    },
  }
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = []
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.push(entry)
      zip.readEntry()
    })
    zip.on('end', () => resolve(entries))
    zip.on('error', (fault) => reject(broken(fault)))
    zip.readEntry()
  })
}

async function unpacked(zip: ZipFile, entry: Entry, bytesMax: number, caps: ZipCaps): Promise<Uint8Array> {
  const stream = await new Promise<Readable>((resolve, reject) =>
    zip.openReadStream(entry, (fault, opened) => (fault === null ? resolve(opened) : reject(broken(fault)))),
  )
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > bytesMax) throw tooLarge(caps)
      pieces.push(piece)
    }
  } catch (fault) {
    throw fault instanceof Unreadable ? fault : broken(fault)
  }
  return Buffer.concat(pieces)
}

function tooLarge({ unpackedBytes }: ZipCaps): Unreadable {
  return new Unreadable(`The file unpacks to more than ${unpackedBytes / 1024 / 1024} MB. Split it.`)
}

function broken(cause: unknown): Unreadable {
  return new Unreadable('The file is broken: its content cannot be unpacked.', { cause })
}
