import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'

/** The tour's output. It checks every claim on the spot; the tour fails when one does not hold. */
export interface DemoStage {
  /** Starts a new act; on a terminal it pauses, so that the last one can be read. */
  act(title: string): Promise<void>
  say(line: string): void
  /** Shows a line from an answer of the service. */
  quote(line: string): void
  claim(what: string, holds: boolean, seen?: string): void
  /**
   * Rewrites one line on a terminal; elsewhere shows nothing. It shows the leading parts that fit whole into the
   * terminal's width.
   */
  ticker(...parts: readonly string[]): void
  readonly isTerminal: boolean
  readonly failed: number
  readonly claimed: number
}

const readingMs = 1500

export function openStage(out: NodeJS.WriteStream): DemoStage {
  const isTerminal = out.isTTY === true
  const paint = (style: Parameters<typeof styleText>[0], text: string) => (isTerminal ? styleText(style, text) : text)
  let ticking = false
  const write = (line: string) => {
    if (ticking) out.write('\r\x1b[2K')
    ticking = false
    out.write(`${line}\n`)
  }
  let acts = 0
  let failed = 0
  let claimed = 0
  return {
    isTerminal,
    get failed() {
      return failed
    },
    get claimed() {
      return claimed
    },
    async act(title) {
      if (isTerminal && acts > 0) await sleep(readingMs)
      acts += 1
      write('')
      write(paint(['bold', 'cyan'], `${acts}. ${title}`))
    },
    say: (line) => write(`   ${line}`),
    quote: (line) => write(paint('dim', `   │ ${line}`)),
    claim(what, holds, seen) {
      claimed += 1
      if (!holds) failed += 1
      const mark = holds ? paint('green', '✓') : paint('red', '✗')
      write(`   ${mark} ${what}${!holds && seen !== undefined ? paint('red', ` (seen: ${seen})`) : ''}`)
    },
    ticker(...parts) {
      if (!isTerminal) return
      out.write(`\r\x1b[2K   ${fitting(parts, Math.max(20, (out.columns ?? 100) - 4))}`)
      ticking = true
    },
  }
}

/** The first part, truncated if needed, and the following ones that fit whole. */
function fitting([first = '', ...more]: readonly string[], width: number): string {
  let line = first.slice(0, width)
  for (const part of more) {
    if (line.length + part.length + 2 > width) break
    line += `  ${part}`
  }
  return line
}
