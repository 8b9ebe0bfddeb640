import { hash } from 'node:crypto'
import { parseItem } from 'structured-headers'
import type { Principal } from '../../auth/principal.ts'
import { canonicalJson } from '../../canonical-json.ts'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import {
  claimKey,
  dropClaim,
  type KeyClaim,
  type KeyedRequest,
  keepAnswer,
  staffKeys,
  tenantKeys,
} from '../../registry/idempotency/idempotency-keys.ts'
import type { Form } from '../request/form.ts'
import { type AnyRoute, isByToken, type Reply } from './route.ts'

/** The identity of a keyed request. */
export interface KeyedCall {
  readonly url: string
  readonly principal: Principal
  readonly body: unknown
  readonly form: Form | undefined
}

export type ServeOnce = (call: KeyedCall, header: string, handle: () => Promise<Reply>) => Promise<Reply>

/** Longer answers are not stored: a repeat is served again. */
const keptBytesMax = 65_536

/** Whether a route honours the header `Idempotency-Key`: where it changes what is stored. */
export function takesKey({ access, method }: AnyRoute): boolean {
  if (!isByToken(access)) return false
  return access.kind === 'tenant' ? access.scope === 'rag:write' : method !== 'get'
}

/**
 * Serves a request with an `Idempotency-Key` once (draft-ietf-httpapi-idempotency-key-header-07): a repeat gets the
 * first answer. Only successes are stored. A refusal changed nothing, and a write with an unknown outcome must be
 * repeated, so both are served again.
 *
 * @throws AppError `invalid_request` (the header), `idempotency_key_in_use`, `idempotency_key_reused`
 */
export function serveOnce(route: AnyRoute, db: Tx, onFault: (error: unknown) => void): ServeOnce {
  const name = `${route.pinecone === undefined ? '' : 'pinecone '}${route.method.toUpperCase()} ${route.path}`
  return async (call, header, handle) => {
    const { principal } = call
    const request: KeyedRequest = {
      owner: principal.kind === 'tenant' ? tenantKeys(principal.tenantId) : staffKeys(principal.subject),
      route: name,
      key: keyOf(header),
      fingerprint: fingerprintOf(call),
    }
    const found = await claimKey(db, request)
    if ('kept' in found) {
      const { status, headers, body } = found.kept
      return { status, ...(body !== '' && { json: body }), headers: { ...headers, 'idempotency-replayed': 'true' } }
    }
    const { claim } = found
    let reply: Reply
    try {
      reply = await handle()
    } catch (error) {
      await dropClaim(db, request, claim).catch(onFault)
      throw error
    }
    await keep(db, request, claim, reply).catch(onFault) // it was done, whether or not that can be noted
    return reply
  }
}

async function keep(db: Tx, request: KeyedRequest, claim: KeyClaim, reply: Reply): Promise<void> {
  const { status, json, events, isPartial = false, isSecret = false, headers = {} } = reply
  const body = json === undefined ? '' : typeof json === 'string' ? json : JSON.stringify(json)
  const isKept = !isPartial && !isSecret && events === undefined && body.length <= keptBytesMax
  if (!isKept) await dropClaim(db, request, claim)
  else await keepAnswer(db, request, claim, { status, headers, body })
}

/** Reads the key: a string of structured fields, as in the draft, or bare, as most clients send it. */
function keyOf(header: string): string {
  const text = header.trim()
  const key = text.startsWith('"') ? quoted(text) : text
  if (key !== undefined && /^[\x21-\x7e]{1,255}$/.test(key) && (text.startsWith('"') || !/[",]/.test(key))) return key
  const message = 'must be one string in quotes, of 1 to 255 visible characters without spaces'
  throw new AppError('invalid_request', `The header Idempotency-Key ${message}.`, {
    faults: [{ path: 'Idempotency-Key', message }],
  })
}

function quoted(text: string): string | undefined {
  try {
    const [value] = parseItem(text)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** A hash of the request that includes the caller's groups, since an answer may show what only they see. */
function fingerprintOf({ url, principal, body, form }: KeyedCall): string {
  const { pathname, search } = new URL(url)
  const groups = principal.kind === 'tenant' ? principal.groups : []
  const content = form === undefined ? contentOf(body) : form.digest
  return hash('sha256', JSON.stringify([pathname, search, groups, content]))
}

function contentOf(body: unknown): string {
  try {
    return canonicalJson(body ?? null)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new AppError('invalid_request', 'body: is nested too deeply', { cause })
  }
}
