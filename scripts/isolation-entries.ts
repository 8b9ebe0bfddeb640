import { type VendorRouteDeps, vendorRoutes } from '../src/http/pinecone/vendor-routes.ts'
import type { AnyRoute } from '../src/http/pipeline/route.ts'
import { type PublicRouteDeps, publicRoutes } from '../src/http/public/public-routes.ts'
import { routesToProbe } from '../src/http/routes-to-probe.ts'
import { isolationEntries } from '../src/isolation/entries/isolation-entries.ts'

/** The routes of the public listener. Making routes calls none of their parts. */
export function routesForTenants(): readonly AnyRoute[] {
  return [...publicRoutes({} as PublicRouteDeps), ...vendorRoutes({} as VendorRouteDeps)]
}

/** Whether `prove-isolation` knows how to ask each route of the public listener, and none that is gone. */
export async function checkIsolationEntries(routes = routesForTenants()): Promise<readonly string[]> {
  const names = new Set(routesToProbe(routes, []).map(({ name }) => name))
  const [file, folder] = ['src/isolation/entries', 'prove-isolation']
  return [
    ...[...names]
      .filter((name) => isolationEntries[name] === undefined)
      .map((name) => `${name} has no entry in ${file}: say there how ${folder} asks whether it keeps tenants apart.`),
    ...Object.keys(isolationEntries)
      .filter((name) => !names.has(name))
      .map((name) => `${file} has an entry for ${name}, and the router has no such route.`),
  ]
}
