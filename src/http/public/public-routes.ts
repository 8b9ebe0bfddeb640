import type { AnyRoute } from '../pipeline/route.ts'
import { type AnswerRouteDeps, answerRoute } from './answer-route.ts'
import { type DifyRouteDeps, difyRoute } from './dify-route.ts'
import { type DocumentRouteDeps, documentRoutes } from './document-routes.ts'
import { type McpRouteDeps, mcpRoute } from './mcp-route.ts'
import { retrieveBatchRoute } from './retrieve-batch-route.ts'
import { type RetrieveRouteDeps, retrieveRoute } from './retrieve-route.ts'
import { type VectorRouteDeps, vectorRoutes } from './vector-routes.ts'

export type PublicRouteDeps = RetrieveRouteDeps &
  AnswerRouteDeps &
  DocumentRouteDeps &
  VectorRouteDeps &
  McpRouteDeps &
  DifyRouteDeps

/** Routes for the apps of tenants; section 3 of docs/contract.md. */
export function publicRoutes(deps: PublicRouteDeps): readonly AnyRoute[] {
  return [
    retrieveRoute(deps),
    retrieveBatchRoute(deps),
    answerRoute(deps),
    ...documentRoutes(deps),
    ...vectorRoutes(deps),
    mcpRoute(deps),
    difyRoute(deps),
  ]
}
