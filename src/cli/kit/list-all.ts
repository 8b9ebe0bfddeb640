import type { AdminApi } from './admin-api.ts'

export interface ApiPage<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** Follows a list's cursors until it has `limit` items or the list ends. */
export async function listAll<T>(
  api: AdminApi,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<ApiPage<T>> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const search = new URLSearchParams({ limit: String(Math.min(100, limit - items.length)) })
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value)
    if (cursor !== null) search.set('cursor', cursor)
    const page: ApiPage<T> = await api.send<ApiPage<T>>({ method: 'GET', path: `${path}?${search}` })
    items.push(...page.items)
    cursor = page.nextCursor ?? null
  } while (cursor !== null && items.length < limit)
  return { items, nextCursor: cursor }
}
