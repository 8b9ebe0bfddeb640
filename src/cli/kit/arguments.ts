import { InvalidArgumentError } from 'commander'

/** Parses a positive number. Commander's message names the option and appends this one. */
export function positiveNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return number
}

/** Parses a share from 0 to 1. */
export function share(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return number
}

/** `a,b` or `a b` → `['a', 'b']`. */
export function words(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

const unitsS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** Parses a time, as in 90s, 30m, 12h or 90d, into seconds. */
export function seconds(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const unitS = unitsS[unit as keyof typeof unitsS]
  if (unitS === undefined) throw new InvalidArgumentError('It must be a number and a unit, as in 90s, 30m, 12h or 90d.')
  return Number(count) * unitS
}
