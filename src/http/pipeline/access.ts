import type { Principal } from '../../auth/principal.ts'
import { AppError } from '../../errors.ts'
import type { Access, TokenAccess } from './route.ts'

/** @throws AppError `forbidden` unless the caller has the right kind and the scope, or one of the roles. */
export function checkAccess(access: TokenAccess, principal: Principal): void {
  if (access.kind === 'tenant') {
    if (principal.kind !== 'tenant') {
      throw new AppError(
        'forbidden',
        'This listener is for tenants, and a staff token has no tenant; use the admin listener, or a token of a tenant.',
      )
    }
    if (!principal.scopes.has(access.scope)) {
      throw new AppError('forbidden', `The token lacks the scope ${access.scope}; ask its issuer for one that has it.`)
    }
    return
  }
  if (principal.kind !== 'staff')
    throw new AppError('forbidden', 'This listener is for staff; use the public listener, or a token with staff roles.')
  if (!access.roles.some((role) => principal.roles.has(role))) {
    throw new AppError(
      'forbidden',
      `This needs the role ${access.roles.join(' or ')}; ask its issuer for a token that has it.`,
    )
  }
}

/** `WWW-Authenticate` by RFC 6750, section 3: what a client needs to correct its token. */
export function challenge(code: 'unauthenticated' | 'forbidden', access: Access, tokenSent: boolean): string {
  if (access.kind === 'signed') return 'Signature realm="tenant-router"'
  const realm = 'Bearer realm="tenant-router"'
  if (code === 'unauthenticated') return tokenSent ? `${realm}, error="invalid_token"` : realm
  const scope = access.kind === 'tenant' ? `, scope="${access.scope}"` : ''
  return `${realm}, error="insufficient_scope"${scope}`
}
