import type { TenantPrincipal } from '../auth/principal.ts'
import type { Config } from '../config/config.ts'
import type { TenantRoute } from '../placement/phase.ts'
import { type CursorSeal, cursorSeal } from '../rag/vectors/sealed-cursor.ts'
import type { TenantRoutes } from '../routing/lease/tenant-routes.ts'

/** The name that an adopted tenant's namespace had before: its app may go on using it. */
export function adoptedNames(routes: Pick<TenantRoutes, 'find'>) {
  const namesOf = ({ adopted }: TenantRoute): readonly string[] => (adopted === undefined ? none : [adopted.namespace])
  return ({ tenantId }: TenantPrincipal): readonly string[] | Promise<readonly string[]> => {
    const found = routes.find(tenantId)
    return found instanceof Promise ? found.then(namesOf) : namesOf(found)
  }
}

const none: readonly string[] = []

/** All replicas have the store's key, and only they: cursors of one are good at another. */
export function openCursors({ pinecone }: Pick<Config, 'pinecone'>): CursorSeal {
  const [first] = pinecone.projects
  if (first === undefined) throw new Error('there is no Pinecone project')
  return cursorSeal(first.apiKey.reveal())
}
