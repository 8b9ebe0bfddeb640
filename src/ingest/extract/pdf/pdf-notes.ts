import type { TextItem } from './pdf-items.ts'

/** The used fields of a pdf.js annotation. */
interface Annotation {
  readonly subtype?: string
  readonly rect?: readonly number[]
  readonly annotationFlags?: number
  readonly fieldType?: string
  readonly fieldValue?: unknown
  readonly password?: boolean
  readonly checkBox?: boolean
  readonly radioButton?: boolean
  readonly combo?: boolean
  readonly options?: readonly { readonly exportValue?: string; readonly displayValue?: string }[]
  readonly textContent?: readonly string[]
  readonly contentsObj?: { readonly str?: string }
}

/** Flags of invisible annotations: hidden, or not shown on a screen (ISO 32000, table 165). */
const unseenFlags = 2 | 32
const sizeDefault = 10
/** Subtypes that are no notes: a link’s words are the page's, a popup repeats its parent's. */
const noNotes = new Set(['Link', 'Popup', 'Widget', 'FreeText'])

/** People's additions to a page: field values and free text are part of its text, notes are attached to it. */
export function pageNotes(annotations: readonly Annotation[]): {
  readonly items: TextItem[]
  readonly notes: string[]
} {
  const items: TextItem[] = []
  const notes: string[] = []
  for (const annotation of annotations) {
    const { subtype = '', annotationFlags = 0, contentsObj } = annotation
    if ((annotationFlags & unseenFlags) !== 0) continue
    const words =
      subtype === 'Widget'
        ? fieldText(annotation)
        : subtype === 'FreeText' || subtype === 'Stamp'
          ? freeText(annotation, subtype)
          : ''
    if (words !== '') items.push(...placed(words, annotation.rect ?? []))
    const note = noNotes.has(subtype) ? '' : (contentsObj?.str ?? '').replace(/\s+/g, ' ').trim()
    if (note !== '') notes.push(note)
  }
  return { items, notes }
}

/** The page's items with those of its fields, each after its label, to its left or above it. */
export function withFields(items: readonly TextItem[], fields: readonly TextItem[]): TextItem[] {
  const all = [...items]
  for (const field of fields) {
    const [x, y] = placeOf(field)
    let [at, nearest] = [-1, Number.POSITIVE_INFINITY]
    for (const [index, item] of all.entries()) {
      if (item.str.trim() === '') continue
      const [itemX, itemY] = placeOf(item)
      const isLeft = Math.abs(itemY - y) < field.height && itemX <= x
      const isAbove = itemY >= y
      const far = isLeft
        ? x - itemX
        : isAbove
          ? 1_000 + (itemY - y) + Math.abs(itemX - x) / 100
          : Number.POSITIVE_INFINITY
      if (far < nearest) [at, nearest] = [index, far]
    }
    const label = all[at]
    // On its label's own line, whatever the height of the field's frame.
    const isBeside = label !== undefined && nearest < 1_000
    const line = isBeside ? { ...field, transform: [...field.transform.slice(0, 5), placeOf(label)[1]] } : field
    all.splice(at < 0 ? all.length : at + 1, 0, line)
  }
  return all
}

function placeOf({ transform }: TextItem): [number, number] {
  return [transform[4] ?? 0, transform[5] ?? 0]
}

function fieldText({ fieldType, fieldValue, password, options = [], ...other }: Annotation): string {
  if (password === true) return ''
  if (fieldType === 'Sig') return (other.textContent ?? []).join('\n')
  if (fieldType === 'Btn') {
    return other.checkBox === true || other.radioButton === true ? '' : (other.textContent ?? []).join('\n')
  }
  // A list that stands open shows all that can be chosen.
  if (fieldType === 'Ch' && other.combo !== true) return options.map(({ displayValue = '' }) => displayValue).join('\n')
  const values = (Array.isArray(fieldValue) ? fieldValue : [fieldValue]).filter((value) => typeof value === 'string')
  const shown = values.map((value) => options.find(({ exportValue }) => exportValue === value)?.displayValue ?? value)
  return shown.join(', ').trim()
}

/** The text of free text and stamps: a stamp's description is a note, its drawn words stand on the page. */
function freeText({ contentsObj, textContent = [] }: Annotation, subtype: string): string {
  return ((subtype === 'FreeText' && contentsObj?.str) || textContent.join('\n')).trim()
}

/** A field's lines from the top of its frame. */
function placed(words: string, [left = 0, bottom = 0, , top = bottom]: readonly number[]): TextItem[] {
  const lines = words.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '')
  const size = Math.max(4, Math.min(sizeDefault, (top - bottom) / Math.max(1, lines.length)))
  const first = lines.length === 1 ? (top + bottom) / 2 - size * 0.35 : top - size
  return lines.map((str, at) => ({
    str,
    dir: 'ltr',
    transform: [size, 0, 0, size, left, first - at * size * 1.2],
    width: str.length * size * 0.5,
    height: size,
  }))
}
