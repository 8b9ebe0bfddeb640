import type { getDocumentProxy } from 'unpdf'

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof getDocumentProxy>>['getPage']>>
interface Item {
  readonly str: string
  readonly fontName: string
}
/** The part of pdf.js's font that `fontExtraProperties` adds: glyph names and characters, each by its code. */
interface Font {
  readonly differences?: readonly (string | undefined)[]
  readonly toUnicode?: { readonly _map?: readonly (string | undefined)[] }
}

const ligatures: ReadonlySet<string | undefined> = new Set(['ff', 'fi', 'fl', 'ffi', 'ffl'])
/** Characters that no text has: what producers that know no character for a ligature write for it. */
const stray = /[\p{Cc}\u21b5]/u

/**
 * Puts the letters in place of characters that a font's map gives a ligature by mistake, as in `di\0cult` and `e↵ort`:
 * a reader sees the glyph, whose name tells. A page without such characters is not looked into.
 */
export async function withLigatures<I extends Item>(page: Page, items: readonly I[]): Promise<readonly I[]> {
  if (!items.some(({ str }) => stray.test(str))) return items
  // Fonts are known only once the page was read as it is drawn.
  await page.getOperatorList()
  const known = new Map<string, ReadonlyMap<string, string>>()
  const lettersOf = (fontName: string): ReadonlyMap<string, string> => {
    const letters = known.get(fontName) ?? strayLetters(page.commonObjs.get(fontName))
    known.set(fontName, letters)
    return letters
  }
  return items.map((item) => {
    const { str, fontName } = item
    if (!stray.test(str)) return item
    const letters = lettersOf(fontName)
    return { ...item, str: [...str].map((character) => letters.get(character) ?? character).join('') }
  })
}

function strayLetters({ differences = [], toUnicode }: Font): ReadonlyMap<string, string> {
  const letters = new Map<string, string>()
  for (const [code, name] of differences.entries()) {
    const character = toUnicode?._map?.[code]
    if (name === undefined || character === undefined || !stray.test(character)) continue
    if (ligatures.has(name)) letters.set(character, name)
  }
  return letters
}
