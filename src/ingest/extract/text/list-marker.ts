/** Numbering style of list items. */
export type NumberStyle = 'decimal' | 'lower-alpha' | 'upper-alpha' | 'lower-roman' | 'upper-roman' | 'zero' | 'ordinal'

const romans = [
  ['m', 1_000],
  ['cm', 900],
  ['d', 500],
  ['cd', 400],
  ['c', 100],
  ['xc', 90],
  ['l', 50],
  ['xl', 40],
  ['x', 10],
  ['ix', 9],
  ['v', 5],
  ['iv', 4],
  ['i', 1],
] as const
const romanMax = 3_999

/** An item's visible number: 3, c, iii. Numbers that letters cannot express become digits. */
export function itemNumber(number: number, style: NumberStyle): string {
  switch (style) {
    case 'lower-alpha':
      return letters(number)
    case 'upper-alpha':
      return letters(number).toUpperCase()
    case 'lower-roman':
      return roman(number)
    case 'upper-roman':
      return roman(number).toUpperCase()
    case 'zero':
      return number >= 0 && number < 10 ? `0${number}` : String(number)
    case 'ordinal':
      return `${number}${endingOf(number)}`
    case 'decimal':
      return String(number)
  }
}

/** a to z, then aa, ab. */
function letters(number: number): string {
  let [left, text] = [number, '']
  for (; left > 0; left = Math.floor((left - 1) / 26)) text = String.fromCharCode(97 + ((left - 1) % 26)) + text
  return text || String(number)
}

function roman(number: number): string {
  if (number < 1 || number > romanMax) return String(number)
  let [left, text] = [number, '']
  for (const [sign, value] of romans) {
    for (; left >= value; left -= value) text += sign
  }
  return text
}

function endingOf(number: number): string {
  const tens = number % 100
  if (tens >= 11 && tens <= 13) return 'th'
  return ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th'
}
