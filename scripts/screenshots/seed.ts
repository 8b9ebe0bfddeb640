import { callUntilTaken } from '../../src/dev/call.ts'
import type { DevelopmentIssuer } from '../../src/embedded/issuer.ts'

interface SeedParts {
  readonly adminUrl: string
  readonly publicUrl: string
  readonly issuer: Pick<DevelopmentIssuer, 'mint'>
}

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
] as const

/** Made-up tenants in different states, as a company has them after some weeks. */
export async function seedTenants({ adminUrl, publicUrl, issuer }: SeedParts): Promise<void> {
  const token = await issuer.mint({ role: 'platform' })
  const sales = await issuer.mint({ role: 'sales' })
  const ask = (path: string, body: object, method: 'POST' | 'PATCH' = 'POST', as = token) =>
    callUntilTaken(`${adminUrl}${path}`, { token: as, method, body })
  for (const [position, [id, name]] of names.entries()) {
    const attributes = { owner: owners[position % 3] ?? '', crmId: `0018d00000A${position}xQAAZ`, contract: 'annual' }
    await ask('/tenants', { id, name, attributes })
  }
  for (const id of ['juniper-clinics', 'tidal-insurance', 'meridian-legal']) {
    await ask(`/tenants/${id}`, { tier: 'enterprise' }, 'PATCH', sales)
  }
  await ask('/tenants/copper-kettle/suspend', {})
  for (const id of ['meridian-legal', 'juniper-clinics']) {
    const app = await issuer.mint({ tenant: id })
    for (let page = 1; page <= 12; page += 1) {
      const text = `Page ${page} of the handbook: what to do when a matter is reopened, and whom to ask about it.`
      await callUntilTaken(`${publicUrl}/documents/handbook-${page}`, { token: app, method: 'PUT', body: { text } })
    }
  }
}
