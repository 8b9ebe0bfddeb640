import type { JWTPayload } from 'jose'
import { AppError } from '../errors.ts'
import { isCanaryId, isTenantId } from '../placement/tenant-id.ts'
import { type Principal, type Role, roles, type Scope, scopes } from './principal.ts'

export interface Claims {
  readonly tenantClaim: string
  readonly groupsClaim: string
  readonly rolesClaim: string
  readonly defaultScopes: readonly Scope[]
}

const listMax = 256
const wordMaxLength = 128

/**
 * Maps a verified token to its caller: a tenant's app or one of our staff, never both. A null claim counts as absent,
 * since some issuers write it; any other oddity is refused instead of repaired.
 * @throws AppError `unauthenticated`
 */
export function principalOf(payload: JWTPayload, claims: Claims): Principal {
  const tenant = payload[claims.tenantClaim] ?? undefined
  const staffRoles = rolesOf(payload[claims.rolesClaim] ?? undefined, claims.rolesClaim)
  const subject = subjectOf(payload)
  if (tenant === undefined) {
    if (staffRoles.size === 0) {
      const either = `neither a tenant in \`${claims.tenantClaim}\` nor staff roles in \`${claims.rolesClaim}\``
      throw refused(`The token has ${either}; have its issuer add one of them.`)
    }
    return { kind: 'staff', subject, roles: staffRoles }
  }
  if (staffRoles.size > 0) throw refused('The token has both a tenant and staff roles; use one token for each.')
  if (!isTenantId(tenant))
    throw refused(
      `The token's \`${claims.tenantClaim}\` is not a tenant id, which is 1 to 64 letters, digits, hyphens and underscores.`,
    )
  if (isCanaryId(tenant))
    throw refused('The token names a canary of `prove-isolation`, which only its own keys speak for.')
  return {
    kind: 'tenant',
    tenantId: tenant,
    subject,
    scopes: scopesOf(payload, claims.defaultScopes),
    groups: groupsOf(payload[claims.groupsClaim] ?? undefined, claims.groupsClaim),
    ...((payload[claims.groupsClaim] ?? undefined) !== undefined && { hasGroupsClaim: true as const }),
  }
}

/** Roles outside the closed list belong to other systems and are ignored. */
function rolesOf(claim: unknown, name: string): ReadonlySet<Role> {
  const listed = new Set(wordsOf(claim ?? [], name))
  return new Set(roles.filter((role) => listed.has(role)))
}

function groupsOf(claim: unknown, name: string): readonly string[] {
  return [...new Set(wordsOf(claim ?? [], name))].sort()
}

/**
 * RFC 8693, section 4.2 (`scope`, space-separated), or `scp` as some issuers write it. Present but empty means none.
 */
function scopesOf(payload: JWTPayload, defaults: readonly Scope[]): ReadonlySet<Scope> {
  const claim = payload.scope ?? payload.scp ?? undefined
  if (claim === undefined) return new Set(defaults)
  const words = typeof claim === 'string' ? claim.split(' ') : wordsOf(claim, 'scope')
  const listed = new Set<string>(words)
  return new Set(scopes.filter((scope) => listed.has(scope)))
}

/** A machine's token may have no `sub`; its client id then names the caller. */
function subjectOf(payload: JWTPayload): string {
  const found = [payload.sub, payload.client_id, payload.azp].find((claim) => typeof claim === 'string' && claim !== '')
  return typeof found === 'string' ? found.slice(0, 256) : 'unknown'
}

function wordsOf(claim: unknown, name: string): readonly string[] {
  if (!Array.isArray(claim) || claim.length > listMax) {
    throw refused(`The token's \`${name}\` is not a list of up to ${listMax}.`)
  }
  return claim.map((word: unknown) => {
    if (typeof word === 'string' && word.length <= wordMaxLength) return word
    throw refused(`The token's \`${name}\` contains something other than words of up to ${wordMaxLength} characters.`)
  })
}

function refused(message: string): AppError {
  return new AppError('unauthenticated', message)
}
