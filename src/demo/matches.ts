import type { Called } from '../dev/call.ts'
import type { SampleTenant } from '../dev/samples.ts'

export interface DemoMatch {
  readonly id: string
  readonly score: number
  readonly text: string | null
  readonly documentId: string | null
}

export function matchesOf(called: Called): readonly DemoMatch[] {
  return Array.isArray(called.json.matches) ? called.json.matches : []
}

/**
 * Whether the passage stands word for word in a document of this tenant: an equal id in another tenant's is not enough.
 * A passage begins with its headings, followed by an empty line.
 */
export function isFrom(tenant: SampleTenant, match: DemoMatch): boolean {
  const document = tenant.documents.find(({ id }) => id === match.documentId)
  const [headings = '', ...rest] = (match.text ?? '').split('\n\n')
  const passage = oneLine(rest.length === 0 ? headings : rest.join('\n\n'))
  return document !== undefined && passage !== '' && oneLine(document.text).includes(passage)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** Identifies an answer for comparison: its matches and their scores. */
export function fingerprint(called: Called): string {
  return JSON.stringify(matchesOf(called).map(({ id, score, text }) => [id, score.toFixed(5), text]))
}

/** One line of a passage, truncated to fit. */
export function excerpt(match: DemoMatch): string {
  const text = oneLine(match.text ?? '')
  const cut = text.length > 84 ? `${text.slice(0, 83)}…` : text
  return `${match.score.toFixed(3)}  ${(match.documentId ?? match.id).padEnd(30)}  ${cut}`
}
