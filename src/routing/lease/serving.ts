import { AppError } from '../../errors.ts'
import type { TenantRoute } from '../../placement/phase.ts'

/** @returns the route if its tenant may be served now. @throws AppError with the reason otherwise. */
export function serving(route: TenantRoute): TenantRoute {
  switch (route.status) {
    case 'active':
      return route
    case 'suspended':
      throw new AppError('tenant_suspended', 'This tenant is suspended. Ask your account team.')
    case 'provisioning':
      throw notReady()
    case 'held':
      throw heldTenant()
    case 'offboarding':
    case 'offboarded':
      throw unknownTenant()
  }
}

export function unknownTenant(): AppError {
  return new AppError(
    'tenant_unknown',
    'The token is good, but its tenant is not onboarded here. Ask your platform team.',
  )
}

export function notReady(): AppError {
  const words = 'This tenant is still being set up. Try again in a few seconds.'
  return new AppError('tenant_not_ready', words, { retryAfterS: 2 })
}

function heldTenant(): AppError {
  const words = 'The registry was restored from a backup, and where the data of this tenant is must be confirmed first.'
  return new AppError('tenant_not_ready', words, { retryAfterS: 60 })
}

export function registryAway(cause: unknown): AppError {
  return new AppError('registry_unavailable', 'The registry cannot be reached. Try again.', { cause, retryAfterS: 2 })
}

export function writesHeld(): AppError {
  const words = 'Writes to this tenant are paused while it is moved. Retry after `Retry-After`.'
  return new AppError('writes_held', words, { retryAfterS: 1 })
}
