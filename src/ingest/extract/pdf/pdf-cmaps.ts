import { readFile } from 'node:fs/promises'
import { unzipSync } from 'fflate'

const archive = new URL('../character-maps/maps.zip', import.meta.url)

/**
 * Supplies pdf.js with character maps that PDFs name without embedding: without them many Chinese, Japanese and Korean
 * ones have no text. It supplies no fonts or programs, since nothing is drawn.
 */
export class CharacterMaps {
  async fetch({ kind, filename }: { readonly kind: string; readonly filename: string }): Promise<Uint8Array> {
    if (kind !== 'cMapUrl') throw new Error(`not handed out: ${kind}`)
    const found = unzipSync(await readFile(archive), { filter: ({ name }) => name === filename })[filename]
    if (found === undefined) throw new Error(`no such character map: ${filename}`)
    return found
  }
}
