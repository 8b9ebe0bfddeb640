import type { AnyRoute } from '../pipeline/route.ts'
import { type VendorDescribeDeps, vendorDescribeRoutes } from './describe-routes.ts'
import { type VendorIndexDeps, vendorIndexRoutes } from './index-routes.ts'
import { type VendorReadDeps, vendorReadRoutes } from './read-routes.ts'
import { type VendorWriteDeps, vendorWriteRoutes } from './write-routes.ts'

export type VendorRouteDeps = VendorReadDeps & VendorWriteDeps & VendorDescribeDeps & VendorIndexDeps

/** The vendor's vector API for apps that keep its clients and change host and key. */
export function vendorRoutes(deps: VendorRouteDeps): readonly AnyRoute[] {
  return [
    ...vendorReadRoutes(deps),
    ...vendorWriteRoutes(deps),
    ...vendorDescribeRoutes(deps),
    ...vendorIndexRoutes(deps),
  ]
}
