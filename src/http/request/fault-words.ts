import type { z } from 'zod'

const kinds: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list, as in [...]',
  record: 'an object, as in {"name": "value"}',
  object: 'an object, as in {"name": "value"}',
  null: 'null',
}

/** Explains a fault in a field and its remedy in one sentence. Undefined leaves it to the schema library. */
export function faultWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return `is missing; send ${kindOf(issue.expected)}`
      return `must be ${kindOf(issue.expected)}, and is ${shownValue(issue.input)}`
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((each) => JSON.stringify(each)).join(', ')}`
    case 'too_small':
      return bound(issue.origin, 'least', Number(issue.minimum), issue.inclusive)
    case 'too_big':
      return bound(issue.origin, 'most', Number(issue.maximum), issue.inclusive)
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_union':
      return unionWords(issue)
    case 'invalid_key':
      return `the name of the field ${issue.issues[0]?.message ?? 'is not taken'}`
    case 'invalid_format':
      return issue.format === 'regex' ? 'does not have the accepted form; see /docs' : `must be a ${issue.format}`
    default:
      return undefined
  }
}

function unionWords({ errors, input }: z.core.$ZodRawIssue & { code: 'invalid_union' }): string {
  const wanted = errors.flatMap((issues) => {
    const [first] = issues
    if (first?.path.length !== 0) return []
    if (first.code === 'invalid_type') return [kindOf(first.expected)]
    return first.code === 'invalid_value' ? first.values.map((value) => JSON.stringify(value)) : []
  })
  const kindsWanted = [...new Set(wanted)]
  if (kindsWanted.length === 0) return 'fits none of the accepted shapes; see /docs'
  return `must be ${kindsWanted.join(', or ')}, and is ${shownValue(input)}${remedyOf(input)}`
}

/** The probable intention behind a value that no choice accepts. */
function remedyOf(input: unknown): string {
  if (input === null) return '; leave out fields without a value'
  return typeof input === 'object' && !Array.isArray(input) ? '; write what is nested as names like a_b' : ''
}

function bound(origin: string, end: 'least' | 'most', limit: number, inclusive = true): string {
  const than = end === 'least' ? 'more than' : 'less than'
  const words = inclusive ? `at ${end} ${limit}` : `${than} ${limit}`
  if (origin === 'string') return limit === 1 && end === 'least' ? 'must not be empty' : `must have ${words} characters`
  if (origin === 'array' || origin === 'set') {
    return limit === 1 && end === 'least' ? 'must have one item or more' : `must have ${words} items`
  }
  return `must be ${words}`
}

function kindOf(expected: string): string {
  return kinds[expected] ?? expected
}

/** The kind of the value, and never the value: it may be a secret in the wrong field. */
function shownValue(input: unknown): string {
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'a list'
  if (input === Number.POSITIVE_INFINITY || input === Number.NEGATIVE_INFINITY) return 'too large for one'
  if (typeof input === 'number') return Number.isInteger(input) ? 'a whole number' : 'a number'
  if (typeof input === 'string') return 'a text'
  return typeof input === 'object' ? 'an object' : String(typeof input)
}
