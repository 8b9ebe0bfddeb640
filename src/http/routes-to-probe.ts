import type { ProbedRoute } from '../isolation/probe/probed-route.ts'
import type { AnyRoute } from './pipeline/route.ts'

/** The routes of both listeners that ask who calls, for `prove-isolation`. */
export function routesToProbe(forTenants: readonly AnyRoute[], forStaff: readonly AnyRoute[]): readonly ProbedRoute[] {
  const of = (side: ProbedRoute['side'], routes: readonly AnyRoute[]) =>
    routes
      .filter(({ access }) => access.kind !== 'open')
      .map(({ method, path, pinecone }): ProbedRoute => {
        const isVendors = pinecone !== undefined
        return {
          name: `${method.toUpperCase()} ${path}${isVendors ? ' (Api-Key)' : ''}`,
          method,
          path,
          side,
          isVendors,
        }
      })
  return [...of('public', forTenants), ...of('admin', forStaff)]
}
