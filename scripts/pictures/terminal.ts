/** The part of a terminal that tenant-router's command line uses; any other escape sequence is an error. */

export interface Cell {
  readonly letter: string
  /** Space-separated classes of the picture's style. */
  readonly look: string
}

export type Screen = readonly (readonly Cell[])[]

export interface Terminal {
  write(text: string): void
  /** The present screen, row by row, without blanks at the ends. */
  screen(): Screen
}

const [escapeCode, bell] = ['\\u001b', '\\u0007']
/** Sequences that move the cursor, paint, or name the window. */
const sequence = new RegExp(
  `${escapeCode}\\[(?<mark>[?>]?)(?<numbers>[\\d;]*)(?<verb>[a-zA-Z])|${escapeCode}\\][^${bell}${escapeCode}]*(?:${bell}|${escapeCode}\\\\)`,
  'y',
)
const blank: Cell = { letter: ' ', look: '' }

const colours: Readonly<Record<number, string>> = {
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  35: 'blue',
  36: 'cyan',
  90: 'dim',
}

export function openTerminal(columns: number, rows: number): Terminal {
  let screen: Cell[][] = [[]]
  let [row, column] = [0, 0]
  let look = { bold: false, dim: false, colour: '' }
  const line = () => {
    while (screen.length <= row) screen.push([])
    return screen[row] ?? []
  }
  const down = () => {
    row += 1
    if (row < rows) return
    screen = screen.slice(1)
    row = rows - 1
  }
  const put = (letter: string) => {
    if (column >= columns) {
      column = 0
      down()
    }
    const cells = line()
    while (cells.length < column) cells.push(blank)
    cells[column] = {
      letter,
      look: [look.bold ? 'bold' : '', look.dim ? 'dim' : '', look.colour].filter(Boolean).join(' '),
    }
    column += 1
  }
  const paint = (code: number) => {
    if (code === 0) look = { bold: false, dim: false, colour: '' }
    else if (code === 1) look = { ...look, bold: true }
    else if (code === 2) look = { ...look, dim: true }
    else if (code === 22) look = { ...look, bold: false, dim: false }
    else if (code === 39) look = { ...look, colour: '' }
    else if (colours[code] !== undefined) look = { ...look, colour: colours[code] }
    else if (![3, 4, 23, 24, 37, 49, 97].includes(code)) throw new Error(`a colour that is not known here: ${code}`)
  }
  const obey = (verb: string, numbers: readonly number[]) => {
    const times = numbers[0] || 1
    if (verb === 'm') for (const code of numbers.length === 0 ? [0] : numbers) paint(code)
    else if (verb === 'A') row = Math.max(0, row - times)
    else if (verb === 'B') row = Math.min(rows - 1, row + times)
    else if (verb === 'C') column = Math.min(columns - 1, column + times)
    else if (verb === 'D') column = Math.max(0, column - times)
    else if (verb === 'G') column = times - 1
    else if (verb === 'K') eraseLine(numbers[0] ?? 0)
    else if (verb === 'J' && (numbers[0] ?? 0) === 0) {
      eraseLine(0)
      screen.length = Math.min(screen.length, row + 1)
    } else throw new Error(`an escape sequence that is not known here: ${numbers.join(';')}${verb}`)
  }
  const eraseLine = (part: number) => {
    const cells = line()
    if (part === 2) cells.length = 0
    else if (part === 0) cells.length = Math.min(cells.length, column)
    else throw new Error('the start of a line is never erased alone')
  }
  return {
    write(text) {
      for (let at = 0; at < text.length; ) {
        sequence.lastIndex = at
        const found = sequence.exec(text)
        if (found !== null) {
          at = sequence.lastIndex
          const { mark, numbers, verb } = found.groups ?? {}
          // Sequences that hide the cursor or set the window's title show nothing.
          if (mark === '' && verb !== undefined)
            obey(verb, numbers === '' ? [] : (numbers ?? '').split(';').map(Number))
          continue
        }
        const letter = String.fromCodePoint(text.codePointAt(at) ?? 0)
        at += letter.length
        if (letter === '\r') column = 0
        else if (letter === '\n') down()
        else if (letter === '\b') column = Math.max(0, column - 1)
        else if (letter !== '\x07') put(letter)
      }
    },
    screen: () => screen.map((cells) => withoutBlanks(cells)),
  }
}

function withoutBlanks(cells: readonly Cell[]): readonly Cell[] {
  const last = cells.findLastIndex(({ letter }) => letter !== ' ')
  return cells.slice(0, last + 1)
}
