/** A text whose letters are each drawn so many times, one after the other: at most. */
const timesMax = 4
/** Pairs of so many different letters in a row are no word of any language. */
const lettersMin = 3

/** Texts of one page; where each letter of most of them stands twice, as it does when it is drawn bold, once. */
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
