import { type SignedDeletionReceipt, signDeletionReceipt } from '../../evidence/deletion-receipt.ts'
import type { SigningKey } from '../../evidence/signing-key.ts'
import type { OffboardingRow } from '../../registry/offboardings/offboardings.ts'
import type { TenantCounts } from '../../registry/offboardings/tenant-data.ts'
import { version } from '../../version.ts'

/** Copies that the service does not hold, or keeps on purpose. */
const notCovered = [
  { what: 'Backups of the vector store, at the vendor or your own', until: 'their retention ends' },
  {
    what: 'Backups of the registry’s Postgres',
    until: 'their retention ends; after a restore the deletion is looked at again',
  },
  { what: 'Logs and traces, which name the tenant’s id and no content', until: 'their retention ends' },
  { what: 'Providers of models that texts and questions were sent to', until: 'the provider’s retention ends' },
  { what: 'Counts of requests, tokens and units by day', until: '62 days after the day' },
  { what: 'The audit, the tenant’s name and its moves, without content', until: 'they are deleted by hand' },
] as const

const drained =
  'Every replica had stopped serving the tenant and dropped what it had cached, and no write was under way or in doubt.'

interface Facts {
  readonly row: OffboardingRow
  /** Rows of the registry by store, after the deletion. */
  readonly after: TenantCounts
  /** Sentences on what the listings of the store showed. */
  readonly proof: readonly string[]
}

/** The receipt of a deletion that is complete. */
export function makeReceipt({ row, after, proof }: Facts, key: SigningKey | undefined): SignedDeletionReceipt {
  const places = Object.values(row.places).map(({ kind, index, generation, records }) => ({
    kind,
    index,
    generation,
    records,
  }))
  const rows = Object.keys(after).map((store) => ({
    store,
    before: row.before?.[store] ?? null,
    after: after[store] ?? 0,
  }))
  const vectors = places.map(({ kind, index, records }) => ({
    store: kind === 'silo' ? `records of the index ${index}` : `records in the shared index ${index}`,
    before: records,
    after: 0,
  }))
  return signDeletionReceipt(
    {
      tenantId: row.tenantId,
      life: row.life,
      requestedBy: row.requestedBy,
      requestedAt: row.requestedAt.toISOString(),
      deletedAt: new Date().toISOString(),
      version,
      places,
      documents: row.before?.documents ?? 0,
      stores: [...vectors, ...rows],
      proof: [drained, ...proof],
      notCovered,
    },
    key,
  )
}
