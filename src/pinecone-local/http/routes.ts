import { ApiError } from '../../pinecone-wire/api-error.ts'
import { otherPart } from '../../pinecone-wire/other-parts.ts'
import {
  type ControlCall,
  configureIndex,
  createIndex,
  deleteIndex,
  describeIndex,
  listLocalIndexes,
} from '../control/indexes.ts'
import { notOffered } from '../control/place.ts'
import type { DataCall } from '../data/call.ts'
import { deleteRecords } from '../data/delete-records.ts'
import { fetchByMetadata, fetchRecords } from '../data/fetch.ts'
import { listIds } from '../data/list-ids.ts'
import { createNamespace, deleteNamespace, describeNamespace, listNamespaces } from '../data/namespaces.ts'
import { query } from '../data/query.ts'
import { indexStats } from '../data/stats.ts'
import { update } from '../data/update.ts'
import { upsert } from '../data/upsert.ts'
import type { Operation } from '../faults/operations.ts'
import type { LocalAnswer } from '../shapes/answer.ts'

type Handler<Call> = (call: Call) => LocalAnswer | Promise<LocalAnswer>

/** The part of a data request that names its namespace. */
export type NamespaceSource = 'body' | 'query' | 'path' | 'none'

export interface DataRoute {
  readonly operation: Operation
  readonly namespaceIn: NamespaceSource
  readonly handle: Handler<DataCall>
}

export interface ControlRoute {
  readonly operation: Operation
  readonly handle: Handler<ControlCall>
}

const dataRoutes: Readonly<Record<string, DataRoute>> = {
  'POST /query': { operation: 'query', namespaceIn: 'body', handle: query },
  'POST /vectors/upsert': { operation: 'upsert', namespaceIn: 'body', handle: upsert },
  'POST /vectors/update': { operation: 'update', namespaceIn: 'body', handle: update },
  'POST /vectors/delete': { operation: 'delete', namespaceIn: 'body', handle: deleteRecords },
  'GET /vectors/fetch': { operation: 'fetch', namespaceIn: 'query', handle: fetchRecords },
  'POST /vectors/fetch_by_metadata': { operation: 'fetchByMetadata', namespaceIn: 'body', handle: fetchByMetadata },
  'GET /vectors/list': { operation: 'list', namespaceIn: 'query', handle: listIds },
  'POST /describe_index_stats': { operation: 'stats', namespaceIn: 'none', handle: indexStats },
  'GET /describe_index_stats': { operation: 'stats', namespaceIn: 'none', handle: indexStats },
  'POST /namespaces': { operation: 'createNamespace', namespaceIn: 'none', handle: createNamespace },
  'GET /namespaces': { operation: 'listNamespaces', namespaceIn: 'none', handle: listNamespaces },
  'GET /namespaces/{}': { operation: 'describeNamespace', namespaceIn: 'path', handle: describeNamespace },
  'DELETE /namespaces/{}': { operation: 'deleteNamespace', namespaceIn: 'path', handle: deleteNamespace },
}

const controlRoutes: Readonly<Record<string, ControlRoute>> = {
  'POST /indexes': { operation: 'createIndex', handle: createIndex },
  'GET /indexes': { operation: 'listIndexes', handle: listLocalIndexes },
  'GET /indexes/{}': { operation: 'describeIndex', handle: describeIndex },
  'PATCH /indexes/{}': { operation: 'configureIndex', handle: configureIndex },
  'DELETE /indexes/{}': { operation: 'deleteIndex', handle: deleteIndex },
}

export function dataRoute(method: string, path: string): { route: DataRoute; pathName: string } {
  return find(dataRoutes, method, path, /^\/namespaces\/([^/]+)$/)
}

export function controlRoute(method: string, path: string): { route: ControlRoute; pathName: string } {
  return find(controlRoutes, method, path, /^\/indexes\/(?!create-for-model$)([^/]+)$/)
}

function find<Route>(
  routes: Readonly<Record<string, Route>>,
  method: string,
  path: string,
  named: RegExp,
): { route: Route; pathName: string } {
  const direct = routes[`${method} ${path}`]
  if (direct !== undefined) return { route: direct, pathName: '' }
  const match = named.exec(path)
  const name = match?.[1]
  if (match !== null && name !== undefined) {
    const pattern = path.slice(0, path.length - name.length)
    const route = routes[`${method} ${pattern}{}`]
    if (route !== undefined) return { route, pathName: decode(name) }
  }
  if (Object.keys(routes).some((key) => key.endsWith(` ${path}`)) || match !== null) {
    throw new ApiError(405, `Method ${method} is not allowed for ${path}`)
  }
  const other = otherPart(path)
  if (other !== undefined) throw notOffered(`${other} (${method} ${path})`)
  throw new ApiError(404, `No such endpoint: ${method} ${path}`)
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    throw new ApiError(400, `Malformed path segment: ${name}`)
  }
}
