/** How much one file may cost. What is over a cap is a fault of that file, never of the service. */
export interface ExtractCaps {
  /** Of the process that reads it, all together. */
  readonly memoryMb: number
  /** Of the processor: a busy machine takes nothing from it. */
  readonly timeMs: number
  readonly pages: number
  /** UTF-16 units of the text that is read from it: about what a document's most chunks hold. */
  readonly textLength: number
  /** Of a packed file, when unpacked: counted while it is unpacked, whatever it says of itself. */
  readonly unpackedBytes: number
  /** Files in a packed file. */
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

/** A fault of the file; its message is for the one who sent it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

export function textTooLong(caps: Pick<ExtractCaps, 'textLength'>): Unreadable {
  return new Unreadable(`The file has more than ${caps.textLength} characters of text. Split it.`)
}
