import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = join(dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json')), 'cmaps')

/**
 * Hands pdf.js the character maps that PDFs name and do not hold: without them many Chinese, Japanese and Korean ones
 * have no text. They are files of `pdfjs-dist`; fonts and programs are not handed out, for nothing is drawn.
 */
export class CharacterMaps {
  async fetch({ kind, filename }: { readonly kind: string; readonly filename: string }): Promise<Uint8Array> {
    if (kind !== 'cMapUrl' || !/^[\w-]+\.bcmap$/.test(filename)) throw new Error(`not handed out: ${kind}`)
    return new Uint8Array(await readFile(join(folder, filename)))
  }
}
