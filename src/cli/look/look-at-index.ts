import type { AdminApi } from '../kit/admin-api.ts'
import { listAll } from '../kit/list-all.ts'

interface ListedIndex {
  readonly name: string
  readonly kind: string
  readonly project: string | null
  readonly namespaces: number | null
  readonly limit: number | null
  readonly draining: boolean
}

const mostIndexes = 10_000

/** An index before a change, in a line. */
export async function lookAtIndex(api: AdminApi, name: string): Promise<readonly string[]> {
  const found = (await readIndexes(api)).find((index) => index.name === name)
  if (found === undefined) return [`There is no index ${name} in the registry now.`]
  const { namespaces, draining, kind } = found
  const tenants = namespaces === 1 ? '1 tenant' : `${namespaces ?? 'an unknown number of'} tenants`
  const is = draining ? 'is being drained' : kind === 'silo' ? 'is one tenant’s own' : undefined
  return [`Index ${name} has ${tenants}${is === undefined ? '' : `, and ${is},`} now.`]
}

/** The shared indexes before another one is made, in a line. */
export async function lookAtShards(api: AdminApi): Promise<readonly string[]> {
  const shared = (await readIndexes(api)).filter(({ kind }) => kind === 'pool')
  const open = shared.filter(({ draining }) => !draining)
  const sum = (name: 'namespaces' | 'limit') => open.reduce((all, index) => all + (index[name] ?? 0), 0)
  const count = shared.length === 1 ? 'There is 1 shared index' : `There are ${shared.length} shared indexes`
  return [`${count} now, with ${sum('namespaces')} of ${sum('limit')} namespaces in use.`]
}

async function readIndexes(api: AdminApi): Promise<readonly ListedIndex[]> {
  return (await listAll<ListedIndex>(api, '/indexes', {}, mostIndexes)).items
}
