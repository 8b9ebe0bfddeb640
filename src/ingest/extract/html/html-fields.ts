/** Input types whose value is visible. */
const shown = new Set([
  'text',
  'search',
  'email',
  'tel',
  'url',
  'number',
  'date',
  'time',
  'month',
  'week',
  'datetime-local',
  'submit',
  'button',
  'reset',
])

/** The visible text of an input, with a blank at each side: its value, or else its placeholder. */
export function fieldText(attributes: Readonly<Record<string, string>>): string {
  const { type = 'text', value = '', placeholder = '', alt = '' } = attributes
  const kind = type.toLowerCase()
  const words = kind === 'image' ? alt : kind === 'password' ? placeholder : value || placeholder
  return words !== '' && (shown.has(kind) || kind === 'image' || kind === 'password') ? ` ${words} ` : ''
}

/** A select list: only the chosen option is visible, or the first if none is chosen. */
export class HtmlSelect {
  #options: { text: string; readonly isChosen: boolean }[] = []
  #isOpen = false
  #isMultiple = false

  /** @returns whether the tag belongs to a select list. */
  open(name: string, attributes: Readonly<Record<string, string>>): boolean {
    if (name === 'select') {
      this.#isOpen = true
      this.#options = []
      this.#isMultiple = attributes.multiple !== undefined || Number(attributes.size) > 1
      return true
    }
    if (!this.#isOpen) return false
    if (name === 'option') this.#options.push({ text: '', isChosen: attributes.selected !== undefined })
    return true
  }

  /** @returns whether the text belongs to a select list. */
  text(text: string): boolean {
    const option = this.#options.at(-1)
    if (this.#isOpen && option !== undefined) option.text += text
    return this.#isOpen
  }

  close(): string {
    this.#isOpen = false
    const chosen = this.#options.filter(({ isChosen }) => isChosen)
    const seen = this.#isMultiple ? this.#options : chosen.length > 0 ? chosen.slice(-1) : this.#options.slice(0, 1)
    return seen.map(({ text }) => text.trim()).join(', ')
  }
}
