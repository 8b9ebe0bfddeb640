import type { AdminApi } from '../kit/admin-api.ts'
import { CliError } from '../kit/exit-code.ts'
import { printable } from '../kit/printable.ts'
import { placeWord, readTenant, type Tenant } from '../kit/tenant-lines.ts'

/** Says that a change would be refused, or change nothing, with the tenant as it is now; undefined: neither. */
type Judge = (tenant: Tenant) => string | undefined

/**
 * The tenant before a change, in a line, and below it what the change would not do.
 * @throws CliError `refused` when there is none
 */
export async function lookAtTenant(api: AdminApi, id: string, judge: Judge = () => undefined) {
  const tenant = await readTenant(api, id)
  const judged = judge(tenant)
  const line = `Tenant ${nameOf(tenant)} now.`
  return judged === undefined ? [line] : [line, judged]
}

/** The line of a tenant that is to be made. */
export async function lookForTenant(api: AdminApi, id: string): Promise<readonly string[]> {
  const again = 'The same content again would change nothing, and other content would be refused.'
  return lookAtTenant(api, id, () => again).catch((error: unknown) => {
    if (error instanceof CliError && error.code === 'not_found') return [`There is no tenant ${id} now.`]
    throw error
  })
}

/** Judges a change from one status to another. */
export function becomes(from: string, to: string): Judge {
  return ({ status }) => {
    if (status === from) return undefined
    return status === to ? `It is ${to} already: nothing would change.` : wouldBeRefused(`it is ${status}`)
  }
}

/** Judges a change that an offboarded tenant no longer takes. */
export const isThere: Judge = ({ status }) =>
  status === 'offboarding' || status === 'offboarded' ? wouldBeRefused(`it is ${status}`) : undefined

export function wouldBeRefused(why: string): string {
  return `The server would refuse it: ${why}.`
}

/** `acme (Acme Bikes) is active, standard, shared` */
function nameOf(tenant: Tenant): string {
  const { id, name, tier, status } = tenant
  return `${id} (${printable(name)}) is ${status}, ${tier}, ${placeWord(tenant)}`
}
