import { html } from 'hono/html'
import type { ImportRowView } from '../../../tenants/import/import-view.ts'
import type { Html } from '../kit/html.ts'
import { stateMark, type Tone } from './bits.ts'
import { plainly } from './words.ts'

const kindWords: Readonly<Record<ImportRowView['kind'], readonly [string, Tone]>> = {
  new: ['New', 'good'],
  changed: ['Changed', 'busy'],
  same: ['The same', 'quiet'],
  refused: ['Can’t be imported', 'bad'],
  conflict: ['In conflict', 'warn'],
}

/** One row of an import's diff: the fields that change, or the reason why nothing does. */
export function diffRow({ line, kind, tenantId, changes, reason }: ImportRowView, isPlain: boolean): Html {
  const [words, tone] = kindWords[kind]
  const why = reason === null ? '' : isPlain ? plainly(reason, 'Ask the platform team.') : reason
  return html`<tr><td class="num">${line}</td><th scope="row">${tenantId ?? html`<span class="none">–</span>`}</th><td>${stateMark(words, tone)}</td><td>${
    why === '' ? '' : html`<span class="why">${why}</span>`
  }<span class="changes">${Object.entries(changes).map(
    ([field, { from, to }]) =>
      html`<span>${field.replace('attributes.', '')}: ${from === null ? '' : html`<del>${String(from)}</del> `}<ins>${to === null ? 'nothing' : String(to)}</ins></span>`,
  )}</span></td></tr>`
}
