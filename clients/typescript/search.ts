import { answerOf } from './answer.ts'
import type { components } from './api.ts'
import type { TenantRouterClient } from './client.ts'

type Request = components['schemas']['RetrieveRequest']

/** Defaults for every search of one adapter; absent ones are the service's. */
export type SearchSettings = Pick<Request, 'topK' | 'filter' | 'minScore' | 'mode' | 'rerank'>

/** A passage as a model is shown it, with what it needs to cite it. */
export interface Passage {
  readonly id: string
  readonly text: string
  readonly source: string | null
  readonly documentId: string | null
  /** The page that it begins on, from 1; null where the document has no pages, or its kind does not say. */
  readonly page: number | null
  /** The headings above it, as in `Refunds > How long you have`; null without any. */
  readonly heading: string | null
  readonly score: number
  readonly metadata: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/**
 * The passages of the client's tenant that are nearest to a question, the best first; records without text left out.
 * @throws TenantRouterError when the service refused.
 */
export async function search(
  client: TenantRouterClient,
  query: string,
  settings: SearchSettings = {},
  signal?: AbortSignal,
): Promise<readonly Passage[]> {
  const { matches } = await answerOf(
    client.POST('/retrieve', { body: { query, ...settings }, ...(signal && { signal }) }),
  )
  return matches.flatMap(({ id, text, source, documentId, position, score, metadata }) => {
    if (text === null) return []
    const { page = null, heading = null } = position ?? {}
    return [{ id, text, source, documentId, page, heading, score, metadata }]
  })
}
