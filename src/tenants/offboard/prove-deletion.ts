import { namespaceName } from '../../placement/naming.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import type { DeletedPlaceRow } from '../../registry/offboardings/offboardings.sql.ts'
import type { PlaceRow } from '../../registry/places.ts'
import type { IndexAddress, VectorStore } from '../../stores/store.ts'

/** A place that was deleted, and whether its whole index was. */
export interface PlaceToProve extends Pick<PlaceRow, 'project' | 'indexName' | 'namespace' | 'generation'> {
  readonly kind: DeletedPlaceRow['kind']
  /** The operator made the index, and only its namespace was deleted. */
  readonly isAdopted: boolean
}

/** A look for what is left of a tenant in the store. */
export interface DeletionProof {
  /** Names of indexes and namespaces that are there all the same. */
  readonly found: readonly string[]
  /** How it was looked, in sentences for the receipt. */
  readonly words: readonly string[]
}

/**
 * Looks for what is left of a tenant by listing: an index of its own must not be there, and no index that it was in may
 * list a namespace with its name.
 */
export async function proveDeletion(
  stores: VectorStore,
  tenantId: TenantId,
  places: readonly PlaceToProve[],
  signal: AbortSignal,
): Promise<DeletionProof> {
  const found: string[] = []
  const words: string[] = []
  for (const own of Map.groupBy(places, ({ project, indexName }) => `${project} ${indexName}`).values()) {
    const [first] = own
    if (first === undefined) continue
    const { project, indexName: name, kind, isAdopted } = first
    const shown = await stores.describeIndex(project, name, { signal })
    if (shown === undefined) {
      words.push(`The index ${name} does not exist any more.`)
      continue
    }
    if (kind === 'silo' && !isAdopted) {
      found.push(name)
      continue
    }
    const address = { project, name, host: shown.host }
    const generations = new Set(own.map(({ generation }) => namespaceName(tenantId, generation)))
    const names = new Set([...generations, ...own.map(({ namespace }) => namespace)])
    const prefixes = new Set([namespaceName(tenantId, 0).slice(0, -1), ...own.map(({ namespace }) => namespace)])
    for (const prefix of prefixes) {
      for (const one of await listed(stores, address, prefix, signal)) {
        if (names.has(one)) found.push(`${name}/${one}`)
      }
    }
    words.push(`A listing of the namespaces of the index ${name} has none of the tenant's.`)
  }
  return { found: [...new Set(found)], words }
}

async function listed(
  stores: VectorStore,
  address: IndexAddress,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const input = { ...(prefix !== '' && { prefix }), ...(cursor !== undefined && { cursor }) }
    const page = await stores.listNamespaces(address, input, { signal })
    names.push(...page.namespaces.map((one) => one.name))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return names
}
