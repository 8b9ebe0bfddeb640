export interface Groupable {
  readonly id: string
  readonly score: number
  readonly documentId: string | null
}

export interface MatchGroup {
  /** Null: a record without a document, alone in its group. */
  readonly documentId: string | null
  /** Score of its first match. */
  readonly score: number
  /** Ids of its matches, in order. */
  readonly ids: readonly string[]
}

/**
 * Groups the best matches by document. A document takes the rank of its best match.
 *
 * @param matches in order.
 * @param most `groups`, at most, and matches of one (`size`).
 */
export function groupByDocument<M extends Groupable>(
  matches: readonly M[],
  most: { readonly groups: number; readonly size: number },
): { readonly matches: M[]; readonly groups: MatchGroup[] } {
  const byDocument = new Map<string, M[]>()
  for (const match of matches) {
    // A record's own id has no `#` where a document's has none either, so the two are kept apart.
    const key = match.documentId === null ? `record ${match.id}` : `document ${match.documentId}`
    const group = byDocument.get(key)
    if (group !== undefined) {
      if (group.length < most.size) group.push(match)
    } else if (byDocument.size < most.groups) byDocument.set(key, [match])
  }
  const all = [...byDocument.values()]
  return {
    matches: all.flat(),
    groups: all.flatMap((group) => {
      const [first] = group
      return first === undefined
        ? []
        : [{ documentId: first.documentId, score: first.score, ids: group.map(({ id }) => id) }]
    }),
  }
}
