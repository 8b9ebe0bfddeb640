import { ApiError } from '../../pinecone-wire/api-error.ts'
import type { ApiVersion } from '../../pinecone-wire/api-version.ts'
import type { JsonObject } from '../../pinecone-wire/body-fields.ts'
import type { Engine } from '../engine/engine.ts'
import type { FaultDesk, Verdict } from '../faults/fault-desk.ts'
import type { IndexEntry } from '../store/catalog.ts'

/** One request to an index's data plane, parsed as far as its route needs. */
export interface DataCall {
  readonly engine: Engine
  readonly faults: FaultDesk
  readonly verdict: Verdict
  readonly index: IndexEntry
  /** Resolved: never ''. */
  readonly namespace: string
  /** The namespace as the request named it, for the answer. */
  readonly namedNamespace: string
  readonly body: JsonObject
  readonly query: URLSearchParams
  readonly version: ApiVersion
}

/** @throws ApiError 403 when the index has reached its namespace limit. */
export function checkNamespaceLimit({ faults, index }: DataCall): void {
  if (index.namespaces.size < faults.namespaceLimit(index.name)) return
  throw new ApiError(
    403,
    `Request failed. You've reached the max namespaces allowed in serverless index ${index.name}. To add more namespaces, upgrade your plan.`,
  )
}
