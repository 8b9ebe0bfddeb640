const boms = [
  { mark: [0xef, 0xbb, 0xbf], charset: 'utf-8' },
  { mark: [0xff, 0xfe, 0x00, 0x00], charset: 'utf-32le' },
  { mark: [0x00, 0x00, 0xfe, 0xff], charset: 'utf-32be' },
  { mark: [0xff, 0xfe], charset: 'utf-16le' },
  { mark: [0xfe, 0xff], charset: 'utf-16be' },
] as const

const sampleLength = 4_096
/** Minimum share of zero bytes in a Western text. */
const westernZeros = 0.3
/** Minimum share of letters with the same first byte in any other alphabet; in pairs of English letters a sixth do. */
const alphabetShare = 0.5
/** Minimum share of a Chinese, Japanese or Korean text's characters that belong to such scripts. */
const cjkShare = 0.95
const cjk = /[\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef\x20-\x7e\r\n\t]/g

/** Decodes a text by its byte order mark; undefined without one. */
export function markedText(bytes: Uint8Array): string | undefined {
  const found = boms.find(({ mark }) => mark.every((byte, at) => bytes[at] === byte))?.charset
  if (found === undefined) return undefined
  if (found === 'utf-32le' || found === 'utf-32be') return utf32(bytes.subarray(4), found === 'utf-32le')
  return new TextDecoder(found).decode(bytes)
}

/**
 * Detects UTF-16 without a mark. In every alphabet blanks, digits and signs have a zero byte, always on the same side;
 * the other byte identifies the alphabet.
 */
export function wideCharset(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, Math.min(sampleLength, bytes.length & ~1))
  if (sample.length < 4) return undefined
  const sides = [new Map<number, number>(), new Map<number, number>()] as const
  for (const [at, byte] of sample.entries()) {
    const side = at % 2 === 0 ? sides[0] : sides[1]
    side.set(byte, (side.get(byte) ?? 0) + 1)
  }
  const zeros = sides.map((side) => side.get(0) ?? 0)
  if (zeros[0] === 0 && zeros[1] === 0) return undefined
  if (zeros[0] !== 0 && zeros[1] !== 0) return cjkCharset(sample)
  const [side, charset] = zeros[1] === 0 ? ([sides[0], 'utf-16be'] as const) : ([sides[1], 'utf-16le'] as const)
  if ((side.get(0) ?? 0) > sample.length * westernZeros) return charset
  const most = Math.max(0, ...[...side].map(([byte, times]) => (byte === 0 ? 0 : times)))
  const others = sample.length / 2 - (side.get(0) ?? 0)
  if (most >= others * alphabetShare) return charset
  return cjkCharset(sample)
}

/** Detects scripts whose letters may have a zero byte on either side. */
function cjkCharset(sample: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (isUtf8(sample)) return undefined
  return (['utf-16le', 'utf-16be'] as const).find((charset) => {
    const text = new TextDecoder(charset).decode(sample)
    return (text.match(cjk)?.length ?? 0) >= text.length * cjkShare
  })
}

function isUtf8(sample: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true })
    return true
  } catch {
    return false
  }
}

/** Decodes UTF-32, which platforms do not support and only old programs write. */
function utf32(bytes: Uint8Array, isLittle: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const point = view.getUint32(at, isLittle)
    text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)
  }
  return text
}
