import { AppError } from '../../errors.ts'
import type { ImportColumn } from '../../registry/imports/imports.sql.ts'

/** Headers as CRMs and people write them, in lower case without signs. */
const headers: Readonly<Record<string, readonly string[]>> = {
  id: ['id', 'tenant', 'tenantid'],
  name: ['name', 'tenantname', 'accountname', 'company', 'companyname', 'customer', 'customername'],
  tier: ['tier', 'tag', 'plan'],
  region: ['region'],
  'attributes.crmId': ['crmid', 'accountid', 'recordid', 'crmaccountid', 'salesforceid', 'hubspotid'],
  'attributes.owner': ['owner', 'accountowner', 'companyowner'],
  'attributes.contract': ['contract', 'contractid', 'contractnumber'],
  'attributes.renewal': ['renewal', 'renewaldate', 'contractend', 'contractenddate'],
}

const plain = new Set(['id', 'name', 'tier', 'region'])
const attribute = /^attributes\.[^\s].{0,63}$/

/**
 * The field of each column: as `mapping` says, else by its header. A header without a field is not imported, and is
 * shown as such.
 * @param mapping header → field, or an empty text for a column to leave out.
 * @throws AppError `invalid_request` when two columns are the same field, or none says which tenant a row is of.
 */
export function columnsOf(header: readonly string[], mapping: Readonly<Record<string, string>>): ImportColumn[] {
  for (const [name, field] of Object.entries(mapping)) {
    if (!header.includes(name)) throw wrong(`The file has no column ${JSON.stringify(name)}.`)
    if (field !== '' && !plain.has(field) && !attribute.test(field)) {
      const known = 'id, name, tier, region, and attributes.NAME as in attributes.crmId'
      throw wrong(`${JSON.stringify(name)} can't be ${JSON.stringify(field)}: there are ${known}.`)
    }
  }
  const columns = header.map((name): ImportColumn => {
    const said = mapping[name]
    return { header: name, field: said === undefined ? fieldOf(name) : said === '' ? null : said }
  })
  for (const [field, same] of Map.groupBy(columns, (column) => column.field)) {
    if (field === null || same.length < 2) continue
    const names = same.map((column) => JSON.stringify(column.header)).join(' and ')
    throw wrong(`The columns ${names} are both ${field}: leave one out.`)
  }
  if (!columns.some(({ field }) => field === 'id' || field === 'attributes.crmId')) {
    throw wrong('No column says which tenant a row is of: name one "id" or "CRM id" in the first line.')
  }
  return columns
}

function fieldOf(header: string): string | null {
  if (attribute.test(header)) return header
  const letters = header.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
  return Object.keys(headers).find((field) => headers[field]?.includes(letters)) ?? null
}

function wrong(message: string): AppError {
  return new AppError('invalid_request', message, { faults: [{ path: 'columns', message }] })
}
