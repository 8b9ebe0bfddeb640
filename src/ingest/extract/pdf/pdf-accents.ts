/** Accents that TeX draws as separate characters before their letter, with Unicode's combining ones. */
const accents: Readonly<Record<string, string>> = {
  '`': '\u0300',
  '\u00b4': '\u0301',
  '\u02c6': '\u0302',
  '\u02dc': '\u0303',
  '\u00af': '\u0304',
  '\u02d8': '\u0306',
  '\u02d9': '\u0307',
  '\u00a8': '\u0308',
  '\u02da': '\u030a',
  '\u02dd': '\u030b',
  '\u02c7': '\u030c',
}
const before = /(?:(?<=\p{L})`|[\u00b4\u02c6\u02dc\u00af\u02d8\u02d9\u00a8\u02da\u02dd\u02c7])[\p{L}\u0131]/gu
const cedilla = /([cstCST]) ?\u00b8/g

/** Whether the PDF's producer may draw accents separately. */
export function isByTex(info: object): boolean {
  const { Producer: producer, Creator: creator } = info as { readonly Producer?: unknown; readonly Creator?: unknown }
  return [producer, creator].some((name) => typeof name === 'string' && /tex\b|\bdvi|ghostscript/i.test(name))
}

/** `L´aszl´o` as `László`, where the two combine to one letter. */
export function withAccents(text: string): string {
  return text
    .replace(before, (pair) => {
      const letter = pair.slice(1).replace('\u0131', 'i')
      const one = (letter + accents[pair[0] ?? '']).normalize('NFC')
      return one.length === 1 ? one : pair
    })
    .replace(cedilla, (_, letter: string) => `${letter}\u0327`.normalize('NFC'))
}
