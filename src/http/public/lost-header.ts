import type { TenantPrincipal } from '../../auth/principal.ts'
import type { Losses } from '../../rag/losses/loss-watch.ts'

export interface LostHeaderDeps {
  readonly losses?: Pick<Losses, 'seenBy'>
}

/** Description for routes that send the header. */
export const lostHeaderWords =
  '`X-Documents-Lost: N` says that the vector store has lost chunks of N documents that the caller may see, so that the answer may lack something; `GET /documents` shows them as `lost`, and putting them again mends them.'

/** Warns that results may be incomplete; absent where no document is known to be lost. */
export function lostHeader(
  { losses }: LostHeaderDeps,
  principal: Pick<TenantPrincipal, 'tenantId' | 'groups'>,
): { readonly 'x-documents-lost'?: string } {
  const lost = losses?.seenBy(principal) ?? 0
  return lost === 0 ? none : { 'x-documents-lost': String(lost) }
}

const none = {}
