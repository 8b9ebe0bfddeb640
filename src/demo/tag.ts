import type { SampleTenant } from '../dev/samples.ts'
import type { Tour } from './tour.ts'

/** Sales signs an enterprise contract; that alone moves nothing. */
export async function tag(tour: Tour, tenant: SampleTenant): Promise<void> {
  const { stage } = tour
  await stage.act(`Tag: sales signs an enterprise contract with ${tenant.name}`)
  const before = await tour.asStaff('sales', `/tenants/${tenant.id}`)
  const tagged = await tour.asStaff('sales', `/tenants/${tenant.id}`, { method: 'PATCH', body: { tier: 'enterprise' } })
  stage.claim(
    'Sales tags it enterprise',
    tagged.status === 200 && tagged.json.tier === 'enterprise',
    JSON.stringify(tagged.json),
  )
  stage.claim('It now awaits promotion', tagged.json.awaitingPromotion === true, String(tagged.json.awaitingPromotion))
  const stays = JSON.stringify(tagged.json.placement) === JSON.stringify(before.json.placement)
  stage.claim('It is still served from where it was', stays, JSON.stringify(tagged.json.placement))
  const tried = await tour.asStaff('sales', `/tenants/${tenant.id}/moves`, { body: { kind: 'promote' } })
  stage.claim('Sales may not promote it; the platform team does', tried.status === 403, String(tried.status))
}
