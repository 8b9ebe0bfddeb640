import type { ChainedEntry } from '../evidence/audit-chain.ts'
import type { NewNotice } from '../registry/notices/notices.ts'

/**
 * The events of an audit row.
 * @param isPooled whether the row's tenant is in a shared index.
 */
export function noticesOf(row: ChainedEntry, isPooled: boolean): readonly NewNotice[] {
  const { position, action, tenantId, at, actor, before, after, detail, note } = row
  if (tenantId === null) return []
  const made = (type: NewNotice['type'], data: NewNotice['data']): NewNotice => ({
    key: `audit ${position} ${type}`,
    type,
    at,
    tenantId,
    data: { actor, note, ...data },
  })
  const waits = made('tenant.awaiting_promotion', {})
  switch (action) {
    case 'tenant.create': {
      const created = made('tenant.created', { name: detail.name, tier: detail.tier })
      return detail.tier === 'enterprise' && detail.startsIn === 'pool' ? [created, waits] : [created]
    }
    case 'tenant.tag': {
      const tagged = made('tenant.tagged', { from: before?.tier, to: after?.tier })
      return after?.tier === 'enterprise' && isPooled ? [tagged, waits] : [tagged]
    }
    case 'tenant.suspend':
    case 'tenant.keep':
      return [made('tenant.suspended', {})]
    case 'tenant.offboarded':
      return [made('tenant.offboarded', { receipt: detail.hash ?? null })]
    default:
      return []
  }
}
