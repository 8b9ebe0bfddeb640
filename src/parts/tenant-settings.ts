import type { Config } from '../config/config.ts'
import type { TenantSettings } from '../tenants/places/settings.ts'

export interface TenantOverrides {
  readonly provisionWaitMs?: number
  readonly everywhereWaitMs?: number
}

/** Settings of onboarding, suspending and offboarding. */
export function tenantSettingsOf(
  { pinecone, embedding, embeddingModels, moves }: Config,
  { provisionWaitMs = 30_000, everywhereWaitMs = 1_000 }: TenantOverrides,
) {
  return {
    ...pinecone,
    embeddingModel: embedding.name,
    dimension: embedding.dimension,
    metric: embedding.metric,
    models: embeddingModels,
    storeInDoubtMs: moves.storeInDoubtMs,
    provisionWaitMs,
    everywhereWaitMs,
  } satisfies TenantSettings
}
