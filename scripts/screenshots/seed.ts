import type { Database } from '../../src/db/connect.ts'
import { call, callUntilTaken } from '../../src/dev/call.ts'
import type { DevelopmentIssuer } from '../../src/embedded/issuer.ts'

interface SeedParts {
  readonly adminUrl: string
  readonly publicUrl: string
  readonly issuer: Pick<DevelopmentIssuer, 'mint' | 'identify'>
  readonly sql: Database['sql']
}

/** An ID token for the API's own audience is a token of another member of the platform team. */
const audience = { clientId: 'tenant-router', nonce: undefined }

const owners = ['Ines Ortega', 'Jonas Weber', 'Mira Kaplan']
const names = [
  ['northwind-trading', 'Northwind Trading'],
  ['juniper-clinics', 'Juniper Clinics'],
  ['atlas-freight', 'Atlas Freight'],
  ['peak-outdoor', 'Peak Outdoor'],
  ['meridian-legal', 'Meridian Legal'],
  ['orchard-schools', 'Orchard Schools'],
  ['tidal-insurance', 'Tidal Insurance'],
  ['copper-kettle', 'Copper Kettle Coffee'],
  ['silverline-media', 'Silverline Media'],
  ['greenfield-seeds', 'Greenfield Seeds'],
  ['harbor-tools', 'Harbor Tools'],
] as const

/** Made-up tenants in different states, as a company has them after some weeks. */
export async function seedTenants({ adminUrl, publicUrl, issuer, sql }: SeedParts): Promise<void> {
  const token = await issuer.mint({ role: 'platform' })
  const sales = await issuer.mint({ role: 'sales' })
  const ask = (path: string, body: object, method: 'POST' | 'PATCH' = 'POST', as = token) =>
    callUntilTaken(`${adminUrl}${path}`, { token: as, method, body })
  for (const [position, [id, name]] of names.entries()) {
    const attributes = { owner: owners[position % 3] ?? '', crmId: `0018d00000A${position}xQAAZ`, contract: 'annual' }
    await ask('/tenants', { id, name, attributes })
  }
  for (const id of ['juniper-clinics', 'tidal-insurance', 'meridian-legal', 'harbor-tools']) {
    await ask(`/tenants/${id}`, { tier: 'enterprise' }, 'PATCH', sales)
  }
  await ask('/tenants/copper-kettle/suspend', {})
  const other = await issuer.identify({ id: 'platform-2', name: 'Robin', role: 'platform' }, audience)
  await fetch(`${adminUrl}/tenants/silverline-media`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${other}`, 'x-change-note': 'contract%20ended' },
  })
  for (const id of ['meridian-legal', 'juniper-clinics', 'harbor-tools']) {
    const app = await issuer.mint({ tenant: id })
    for (let page = 1; page <= 12; page += 1) {
      const text = `Page ${page} of the handbook: what to do when a matter is reopened, and whom to ask about it.`
      await callUntilTaken(`${publicUrl}/documents/handbook-${page}`, { token: app, method: 'PUT', body: { text } })
    }
  }
  const upload = {
    contentBase64: Buffer.from('%PDF-1.7 and then nothing').toString('base64'),
    name: 'price-list.pdf',
    documentId: 'price-list',
  }
  const app = await issuer.mint({ tenant: 'juniper-clinics' })
  await callUntilTaken(`${publicUrl}/documents`, { token: app, method: 'POST', body: upload })
  // A month of use, which a service that has just begun cannot have.
  await sql`insert into tenant_requests (tenant_id, day, requests, errors, read_units, write_units, latency)
    select 'juniper-clinics', current_date - ago, 900 + ago * 13 % 170 * 3 - 21 * ago, ago % 4, 2400, 310, '{}'
    from generate_series(1, 30) as ago`
  await promote('meridian-legal')
  await promote('harbor-tools')
  await emptyOldPlace(sql, 'harbor-tools')
  const { json } = await call(`${adminUrl}/moves?tenantId=harbor-tools`, { token })
  const [move] = (json as { readonly items: readonly { readonly id: string }[] }).items
  // It waits for a person: to go back would lose what somebody deleted there.
  await ask(`/moves/${move?.id}/rollback`, {})
  await until(async () => {
    const answer = await call(`${adminUrl}/moves/${move?.id}`, { token })
    return (answer.json as { readonly waitsFor: { readonly kind: string } | null }).waitsFor?.kind === 'needs_person'
  })

  async function promote(id: string): Promise<void> {
    await ask(`/tenants/${id}/moves`, { kind: 'promote' })
    await until(async () => {
      const tenant = await ask(`/tenants/${id}`, {}, 'PATCH')
      return (tenant.json as { readonly placement: { readonly kind: string } }).placement.kind === 'silo'
    })
  }
}

/** Deletes all records of a tenant's first place with the vendor's own API, as somebody with a key can. */
async function emptyOldPlace(sql: SeedParts['sql'], id: string): Promise<void> {
  const [old] = await sql<{ host: string; namespace: string }[]>`
    select indexes.host, namespace from places join indexes on indexes.id = index_id
    where places.tenant_id = ${id} and generation = 1`
  if (old === undefined) throw new Error('the old place is not there')
  const origin = old.host.startsWith('http') ? old.host : `http://${old.host}`
  const headers = { 'api-key': 'local', 'x-pinecone-api-version': '2025-10' }
  const emptied = await fetch(`${origin}/namespaces/${old.namespace}`, { method: 'DELETE', headers })
  if (!emptied.ok) throw new Error(`the old place was not emptied: ${emptied.status}`)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 200))
}
