import type { Called } from '../dev/call.ts'
import type { SampleTenant } from '../dev/samples.ts'

export interface Match {
  readonly id: string
  readonly score: number
  readonly text: string | null
  readonly documentId: string | null
}

export function matchesOf(called: Called): readonly Match[] {
  return Array.isArray(called.json.matches) ? called.json.matches : []
}

/** Whether the passage stands in a document of this tenant, word for word: the same id in another tenant's is not enough. */
export function isFrom(tenant: SampleTenant, match: Match): boolean {
  const document = tenant.documents.find(({ id }) => id === match.documentId)
  const lines = (match.text ?? '').split('\n').filter((line) => line.trim() !== '')
  const longest = lines.sort((a, b) => b.length - a.length)[0]
  return document !== undefined && longest !== undefined && document.text.includes(longest)
}

/** For comparing two answers: what was found, and how near it was. */
export function fingerprint(called: Called): string {
  return JSON.stringify(matchesOf(called).map(({ id, score, text }) => [id, score.toFixed(5), text]))
}

/** One line of a passage, cut to fit. */
export function excerpt(match: Match): string {
  const text = (match.text ?? '').replaceAll(/\s+/g, ' ').trim()
  const cut = text.length > 84 ? `${text.slice(0, 83)}…` : text
  return `${match.score.toFixed(3)}  ${(match.documentId ?? match.id).padEnd(30)}  ${cut}`
}
