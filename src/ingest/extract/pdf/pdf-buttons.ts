import { type getDocumentProxy, getResolvedPDFJS } from 'unpdf'

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof getDocumentProxy>>['getPage']>>
interface Widget {
  readonly id?: string
  readonly pushButton?: boolean
  readonly hasAppearance?: boolean
  readonly textContent?: readonly string[]
}

/**
 * A page's annotations, each push button with its caption: it stands nowhere but in how the button is drawn, so a page
 * with buttons is drawn, onto nothing.
 */
export async function withCaptions<A extends Widget>(page: Page, annotations: readonly A[]): Promise<A[]> {
  if (!annotations.some(isDrawnButton)) return [...annotations]
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
    const caption = isDrawnButton(annotation) ? captions.get(annotation.id ?? '') : undefined
    return caption === undefined ? annotation : { ...annotation, textContent: [caption] }
  })
}

function isDrawnButton({ pushButton, hasAppearance, textContent }: Widget): boolean {
  return pushButton === true && hasAppearance === true && textContent === undefined
}
