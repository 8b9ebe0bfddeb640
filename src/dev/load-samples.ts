import type { DevelopmentIssuer } from '../embedded/issuer.ts'
import { callUntilTaken } from './call.ts'
import type { SampleTenant } from './samples.ts'

export interface LoadDeps {
  readonly issuer: Pick<DevelopmentIssuer, 'mint'>
  readonly publicUrl: string
  readonly adminUrl: string
  readonly signal: AbortSignal
}

/** Documents of one tenant under way at once: embedding is the work, and it has its own queue. */
const atOnce = 4

/** Onboards a tenant and puts its documents, as its staff and its app would. Done twice, it changes nothing more. */
export async function loadSample(
  deps: LoadDeps,
  tenant: SampleTenant,
  onDocument: (done: number) => void = () => undefined,
): Promise<void> {
  const { signal } = deps
  const platform = await deps.issuer.mint({ role: 'platform' })
  const { id, name, tier } = tenant
  await callUntilTaken(`${deps.adminUrl}/tenants`, { token: platform, body: { id, name, tier }, signal })
  const token = await deps.issuer.mint({ tenant: id })
  const waiting = tenant.documents.values()
  let done = 0
  const worker = async () => {
    for (const { id: documentId, text, source, metadata } of waiting) {
      const url = `${deps.publicUrl}/documents/${documentId}`
      await callUntilTaken(url, { token, method: 'PUT', body: { text, source, metadata }, signal })
      done += 1
      onDocument(done)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
