/**
 * Tracks whether the end of an answer so far is inside code: a fenced block, or a span between backticks. An unclosed
 * span ends with its paragraph.
 */
export class CodeState {
  #fence: string | undefined
  #span: string | undefined
  #isBlankLine = true
  #closing: string | undefined

  get isOpen(): boolean {
    return this.#fence !== undefined || this.#span !== undefined
  }

  /** Reads a run of backticks or tildes; `before` is the text before it. */
  tick(run: string, before: string): void {
    const isLineStart = /(?:^|\n) {0,3}$/.test(before)
    if (this.#fence !== undefined) {
      if (isLineStart && run.startsWith(this.#fence)) this.#closing = this.#fence
    } else if (this.#span !== undefined) {
      if (run === this.#span) this.#span = undefined
    } else if (isLineStart && run.length >= 3) this.#fence = run
    else if (run.startsWith('`')) this.#span = run
  }

  /** Reads output text, including the runs themselves. */
  say(text: string): void {
    for (const character of text) {
      if (character !== '\n') {
        this.#isBlankLine &&= character.trim() === ''
        continue
      }
      if (this.#closing !== undefined) this.#fence = undefined
      if (this.#isBlankLine) this.#span = undefined
      this.#closing = undefined
      this.#isBlankLine = true
    }
  }
}
