import { type getDocumentProxy, getResolvedPDFJS } from 'unpdf'

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof getDocumentProxy>>['getPage']>>
interface Widget {
  readonly id?: string
  readonly subtype?: string
  readonly fieldType?: string
  readonly pushButton?: boolean
  readonly hasAppearance?: boolean
  readonly textContent?: readonly string[]
}

/**
 * A page's annotations, with words that exist only in their drawing: captions of push buttons, signatures with dates,
 * stamps. A page with such annotations is rendered, onto nothing.
 */
export async function withDrawnWords<A extends Widget>(page: Page, annotations: readonly A[]): Promise<A[]> {
  if (!annotations.some(isDrawn)) return [...annotations]
  const { OPS, AnnotationMode } = await getResolvedPDFJS()
  const drawn = await page.getOperatorList({ annotationMode: AnnotationMode.ENABLE })
  const captions = new Map<string, string>()
  let id: string | undefined
  for (const [at, operation] of drawn.fnArray.entries()) {
    const [first] = (drawn.argsArray[at] ?? []) as readonly unknown[]
    if (operation === OPS.beginAnnotation) id = String(first)
    if (operation === OPS.endAnnotation) id = undefined
    if (operation !== OPS.showText || id === undefined || !Array.isArray(first)) continue
    const words = first.map((glyph: { readonly unicode?: string } | number | null) => {
      return typeof glyph === 'object' ? (glyph?.unicode ?? '') : ''
    })
    captions.set(id, `${captions.get(id) ?? ''} ${words.join('')}`.trim())
  }
  return annotations.map((annotation) => {
    const caption = isDrawn(annotation) ? captions.get(annotation.id ?? '') : undefined
    return caption === undefined ? annotation : { ...annotation, textContent: [caption] }
  })
}

function isDrawn({ subtype, fieldType, pushButton, hasAppearance, textContent }: Widget): boolean {
  if (hasAppearance !== true || textContent !== undefined) return false
  return pushButton === true || fieldType === 'Sig' || subtype === 'Stamp'
}
