import { invalid } from './api-error.ts'
import { field, isObject, type JsonObject, optionalString, wholeNumber } from './body-fields.ts'
import { vendorLimits } from './limits.ts'
import { checkId } from './names.ts'

/** GET /vectors/fetch: the ids, as they were named. @throws ApiError 400 */
export function readFetch(query: URLSearchParams): readonly string[] {
  const ids = query.getAll('ids')
  if (ids.length === 0) throw invalid('ids: expected at least one id')
  if (ids.length > vendorLimits.fetchIds) {
    throw invalid(`The number of ids exceeds the limit of ${vendorLimits.fetchIds}, got ${ids.length}`)
  }
  for (const id of ids) checkId(id)
  return ids
}

export interface MatchingRequest {
  readonly filter: JsonObject
  readonly limit: number
  readonly token: string | undefined
}

/** POST /vectors/fetch_by_metadata. @throws ApiError 400 */
export function readFetchByMetadata(body: JsonObject): MatchingRequest {
  const filter = field(body, 'filter')
  if (!isObject(filter) || Object.keys(filter).length === 0) {
    throw invalid('Fetch with empty metadata filter is not allowed')
  }
  const limit = wholeNumber(field(body, 'limit') ?? 100, 'limit', 1, vendorLimits.fetchByMetadataPage)
  return { filter, limit, token: optionalString(body, 'paginationToken', 'pagination_token') }
}

export interface ListRequest {
  readonly prefix: string
  readonly limit: number
  readonly token: string | undefined
}

/** GET /vectors/list and GET /namespaces. @throws ApiError 400 */
export function readList(query: URLSearchParams): ListRequest {
  const limit = wholeNumber(query.get('limit') ?? vendorLimits.listPage, 'limit', 1, vendorLimits.listPage)
  const token = query.get('paginationToken') ?? query.get('pagination_token') ?? undefined
  return { prefix: query.get('prefix') ?? '', limit, token: token === '' ? undefined : token }
}

/** POST and GET /describe_index_stats take no filter on serverless indexes. @throws ApiError 400 */
export function refuseStatsFilter(body: JsonObject): void {
  const filter = field(body, 'filter')
  if (filter === undefined || (isObject(filter) && Object.keys(filter).length === 0)) return
  throw invalid('Serverless and Starter indexes do not support describing index stats with metadata filtering')
}
