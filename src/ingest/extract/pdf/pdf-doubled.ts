/** Times that each letter of a text may be drawn, at most. */
const timesMax = 4
/** This many different letters doubled in a row form no word of any language. */
const lettersMin = 3

/** Texts of one page; letters drawn twice, as for bold, are kept once, if most texts have them so. */
export function withoutDoubled(texts: readonly string[]): readonly string[] {
  for (let times = 2; times <= timesMax; times += 1) {
    const repeated = new RegExp(`(\\S)\\1{${times - 1}}`, 'gu')
    const isDoubled = (text: string): boolean => /\S/.test(text) && text.replace(repeated, '').trim() === ''
    const doubled = texts.filter(isDoubled)
    const isSure = doubled.some((text) => new Set(text.match(/\p{L}/gu)).size >= lettersMin)
    if (isSure) return texts.map((text) => (isDoubled(text) ? text.replace(repeated, '$1') : text))
  }
  return texts
}
