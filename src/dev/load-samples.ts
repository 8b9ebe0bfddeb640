import type { DevelopmentIssuer } from '../embedded/issuer.ts'
import { callUntilTaken } from './call.ts'
import type { SampleTenant } from './samples.ts'

export interface LoadDeps {
  readonly issuer: Pick<DevelopmentIssuer, 'mint'>
  readonly publicUrl: string
  readonly adminUrl: string
  readonly signal: AbortSignal
}

/** Concurrent documents of one tenant: embedding dominates, and it has its own queue. */
const atOnce = 4

/** Onboards a tenant, as staff would. A second run changes nothing. */
export async function onboardSample(deps: LoadDeps, { id, name, tier }: SampleTenant): Promise<void> {
  const token = await deps.issuer.mint({ role: 'platform' })
  await callUntilTaken(`${deps.adminUrl}/tenants`, { token, body: { id, name, tier }, signal: deps.signal })
}

/** Puts a tenant's documents, as its app would. A second run changes nothing. */
export async function loadDocuments(
  deps: LoadDeps,
  tenant: SampleTenant,
  onDocument: (done: number) => void = () => undefined,
): Promise<void> {
  const token = await deps.issuer.mint({ tenant: tenant.id })
  const waiting = tenant.documents.values()
  let done = 0
  const worker = async () => {
    for (const { id, text, source, metadata } of waiting) {
      const url = `${deps.publicUrl}/documents/${id}`
      await callUntilTaken(url, { token, method: 'PUT', body: { text, source, metadata }, signal: deps.signal })
      done += 1
      onDocument(done)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
