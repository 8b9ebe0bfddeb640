/** A time in a table: relative for a person, exact in a pipe. */
export class Moment {
  readonly iso: string

  constructor(iso: string) {
    this.iso = iso
  }
}

/** A generated id in a table: short for a person, whole in a pipe. */
export class GeneratedId {
  readonly id: string

  constructor(id: string) {
    this.id = id
  }
}

/** A text in a table that is of no use when it is cut. */
export class Whole {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export function moment(value: unknown): Moment | null {
  return typeof value === 'string' && value !== '' ? new Moment(value) : null
}

export function generatedId(value: unknown): GeneratedId | null {
  return typeof value === 'string' ? new GeneratedId(value) : null
}

/** A UUID, with the word before it that events have. */
const uuid = /^([a-z]+_)?[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
const shortest = 8

export function isWholeId(text: string): boolean {
  return uuid.test(text)
}

/** Each id cut to as many characters as tell it from the others; the other verbs take it as it is shown. */
export function shortIds(ids: readonly string[]): (id: string) => string {
  const whole = [...new Set(ids)]
  let digits = shortest
  while (digits < 36 && new Set(whole.map((id) => cutId(id, digits))).size < whole.length) digits += 1
  return (id) => cutId(id, digits)
}

/** An id alone: its first eight characters. */
export function shortId(id: string): string {
  return cutId(id, shortest)
}

function cutId(id: string, digits: number): string {
  const [whole, word = ''] = uuid.exec(id) ?? []
  return whole === undefined ? id : id.slice(0, word.length + digits).replace(/-$/, '')
}
