/**
 * Splits a list into writers and bystanders so often that each item once writes while each other one stands by: one
 * round and its reverse for each binary digit of the items' numbers.
 */
export function groupsOfWriters<T>(
  items: readonly T[],
): readonly { readonly writers: readonly T[]; readonly bystanders: readonly T[] }[] {
  const digits = Math.ceil(Math.log2(Math.max(1, items.length)))
  return Array.from({ length: digits }, (_, digit) => {
    const one = items.filter((_item, i) => ((i >> digit) & 1) === 1)
    const zero = items.filter((_item, i) => ((i >> digit) & 1) === 0)
    return [
      { writers: one, bystanders: zero },
      { writers: zero, bystanders: one },
    ]
  }).flat()
}
