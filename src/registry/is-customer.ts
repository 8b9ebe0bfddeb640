import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { canaryPrefix } from '../placement/tenant-id.ts'

/** Leaves canaries out of what is said of customers. @param id the column, or an expression, of a tenant's id */
export function isCustomer(id: SQLWrapper): SQL {
  return sql`not starts_with(${id}, ${canaryPrefix})`
}
