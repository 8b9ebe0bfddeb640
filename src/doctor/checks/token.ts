import { examineToken } from '../../auth/examine-token.ts'
import { keyVerifier } from '../../auth/key-verifier.ts'
import type { Principal } from '../../auth/principal.ts'
import { isTenantKey } from '../../auth/tenant-key.ts'
import { createTokenVerifier } from '../../auth/token-verifier.ts'
import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/connect.ts'
import { isAppError } from '../../errors.ts'
import { readKeys } from '../../registry/keys/tenant-keys.ts'
import { findTenant } from '../../registry/tenants.ts'
import { type Finding, fail, ok, unknown, warn, withCauses } from './finding.ts'

interface TokenParts {
  readonly jwt: Config['jwt']
  /** Undefined: Postgres is not known by the settings. */
  readonly db: Db | undefined
  /** Ids of the issuer's keys; undefined: they could not be read. */
  readonly keyIds: readonly string[] | undefined
  readonly limitMs: number
}

/** Whether the service accepts a token or tenant key, all that is wrong with it, and whose it is. */
export async function checkToken(credential: string, parts: TokenParts): Promise<readonly Finding[]> {
  const token = credential.trim().replace(/^Bearer\s+/i, '')
  const judged = isTenantKey(token) ? await ofKey(token, parts.db) : await ofToken(token, parts)
  if ('findings' in judged) return judged.findings
  return [...callerFindings(judged), ...(await tenantFindings(judged, parts.db))]
}

type Judged = Principal | { readonly findings: readonly Finding[] }

async function ofKey(key: string, db: Db | undefined): Promise<Judged> {
  if (db === undefined) return { findings: [unknown('token', 'the tenant key', 'the settings name no database')] }
  const verify = keyVerifier({ find: async (id) => (await readKeys(db, [id])).get(id) })
  try {
    return await verify(key)
  } catch (error) {
    const fix = 'Make another one: `tenant-router keys create --tenant ID`.'
    return {
      findings: [fail('token', isAppError(error) ? error.message : `cannot be looked up: ${withCauses(error)}`, fix)],
    }
  }
}

async function ofToken(token: string, { jwt, keyIds, limitMs }: TokenParts): Promise<Judged> {
  using verifier = createTokenVerifier({ ...jwt, keysTimeoutMs: limitMs })
  try {
    return await verifier.verify(`Bearer ${token}`)
  } catch (error) {
    if (!isAppError(error)) throw error
    const faults = examineToken(token, jwt, keyIds, Date.now())
    const findings = faults.map(({ wrong, fix }) => fail('token', wrong, fix))
    if (error.code === 'identity_unavailable') {
      return { findings: [...findings, unknown('token', 'its signature', "the issuer's keys cannot be read")] }
    }
    // A fault that the text does not show is the signature's.
    const isSaid = findings.length > 0 && !/signature/.test(error.message)
    return {
      findings: isSaid
        ? findings
        : [
            ...findings,
            fail('token', error.message, 'Send it unchanged, from the issuer whose keys JWT_JWKS_URL serves.'),
          ],
    }
  }
}

function callerFindings(principal: Principal): readonly Finding[] {
  if (principal.kind === 'staff') {
    return [
      ok(
        'token',
        `is accepted: staff ${principal.subject} with ${[...principal.roles].join(', ')}, for the admin listener`,
      ),
    ]
  }
  const { tenantId, scopes, groups, hasGroupsClaim } = principal
  if (scopes.size === 0) {
    const fix = 'Have its issuer add the claim scope with rag:read and rag:write, or set JWT_DEFAULT_SCOPES.'
    return [
      warn(
        'token',
        `is accepted, of tenant ${tenantId}, and has no scope of this service: every route refuses it`,
        fix,
      ),
    ]
  }
  const seen = hasGroupsClaim ? `groups ${groups.join(', ') || '(none)'}` : 'no groups'
  return [ok('token', `is accepted: tenant ${tenantId}, scopes ${[...scopes].join(' ')}, ${seen}`)]
}

async function tenantFindings(principal: Principal, db: Db | undefined): Promise<readonly Finding[]> {
  if (principal.kind === 'staff') return []
  const { tenantId } = principal
  if (db === undefined) return [unknown('tenant', tenantId, 'the settings name no database')]
  const tenant = await findTenant(db, tenantId).catch((error: unknown) => withCauses(error))
  if (typeof tenant === 'string') return [unknown('tenant', tenantId, `the registry cannot be read (${tenant})`)]
  switch (tenant?.status) {
    case 'active':
      return [ok('tenant', `${tenantId} is onboarded and active`)]
    case 'suspended':
      return [
        warn(
          'tenant',
          `${tenantId} is suspended: every request answers 403`,
          `Run \`tenant-router tenants resume ${tenantId}\`.`,
        ),
      ]
    case 'provisioning':
      return [
        warn(
          'tenant',
          `${tenantId} is being made ready`,
          `Wait; \`tenant-router tenants show ${tenantId}\` says how far it is.`,
        ),
      ]
    default: {
      const fix = `Run \`tenant-router tenants create ${tenantId}\`, or have the issuer name the right tenant.`
      return [fail('tenant', `${tenantId} is not onboarded${tenant === undefined ? '' : ' any more'}`, fix)]
    }
  }
}
