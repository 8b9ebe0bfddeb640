/** Tags without text of the page. */
const dropped = new Set(
  `
    script style noscript template iframe object embed canvas audio video nav title datalist meter progress rp
    annotation annotation-xml
  `
    .trim()
    .split(/\s+/),
)
/** Tags within a drawing without visible words. */
const undrawn = new Set(['defs', 'desc', 'metadata', 'symbol', 'style', 'script', 'title'])
const droppedRoles = new Set(['navigation', 'search', 'dialog', 'menu'])
/** Tags that `aria-hidden` may hide: signs and duplicates. A closed panel is hidden too, but is read. */
const inline = new Set(['a', 'abbr', 'b', 'button', 'em', 'i', 'img', 'small', 'span', 'strong', 'sub', 'sup', 'svg'])

interface Where {
  /** Whether it is inside a drawing (SVG). */
  readonly isDrawn: boolean
  /** Whether a button of the page shows it. */
  readonly isOpened: boolean
}

/** Whether a tag's content is invisible to a reader, or belongs to the site around the page. */
export function isUnseen(name: string, attributes: Readonly<Record<string, string>>, where: Where): boolean {
  if (dropped.has(name) || (where.isDrawn && undrawn.has(name))) return true
  if (name === 'dialog' && attributes.open === undefined) return true
  if (droppedRoles.has(attributes.role ?? '')) return true
  if (where.isOpened || attributes.role === 'tabpanel') return false
  if (attributes.hidden !== undefined && attributes.hidden !== 'until-found') return true
  if (attributes['aria-hidden'] === 'true' && inline.has(name)) return true
  return /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style ?? '')
}
