/** Resource limits of one file. Exceeding a cap is a fault of that file, never of the service. */
export interface ExtractCaps {
  /** Memory of the reading process in total. */
  readonly memoryMb: number
  /** Processor time, so that a busy machine does not shorten it. */
  readonly timeMs: number
  readonly pages: number
  /** Extracted text in UTF-16 units: about what a document's maximum of chunks holds. */
  readonly textLength: number
  /** Unpacked size of a packed file, counted while it is unpacked, whatever it declares. */
  readonly unpackedBytes: number
  /** Entries of a packed file. */
  readonly entries: number
}

export const extractCaps: ExtractCaps = {
  memoryMb: 512,
  timeMs: 120_000,
  pages: 2_000,
  textLength: 10_000_000,
  unpackedBytes: 128 * 1024 * 1024,
  entries: 5_000,
}

/** A fault of the file; its message is for the sender. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

export function textTooLong(caps: Pick<ExtractCaps, 'textLength'>): Unreadable {
  return new Unreadable(`The file has more than ${caps.textLength} characters of text. Split it.`)
}
