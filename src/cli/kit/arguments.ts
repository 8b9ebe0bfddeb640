import { InvalidArgumentError } from 'commander'

/** Parses a positive number. Commander's message names the option and appends this one. */
export function positiveNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return number
}

/** `a,b` or `a b` → `['a', 'b']`. */
export function words(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}
