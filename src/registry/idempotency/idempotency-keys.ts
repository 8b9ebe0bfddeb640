import { randomUUID } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { idempotencyKeys as keys } from './idempotency.sql.ts'

declare const brand: unique symbol

/** The owner of keys: a tenant or a member of staff. Made from a principal, never from a bare string. */
export type KeyOwner = string & { readonly [brand]: 'KeyOwner' }

export function tenantKeys(tenantId: TenantId): KeyOwner {
  return tenantId as string as KeyOwner
}

export function staffKeys(subject: string): KeyOwner {
  return `staff/${subject}` as KeyOwner
}

export interface KeyedRequest {
  readonly owner: KeyOwner
  /** Method and path, as the route declares them. */
  readonly route: string
  readonly key: string
  readonly fingerprint: string
}

/** The stored answer of a completed request. */
export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** This replica's claim while it serves the request; `keepAnswer` or `dropClaim` must end it. */
export type KeyClaim = string & { readonly [brand]: 'KeyClaim' }

/** A first request that takes longer counts as dead: the next one with its key is served. */
const claimS = 120
const keptH = 24

/**
 * Claims the key for a request, or returns the outcome of the first one with it.
 * @throws AppError `idempotency_key_in_use` (the first one is under way), `idempotency_key_reused` (the first one was
 *   different)
 */
export async function claimKey(
  tx: Tx,
  request: KeyedRequest,
): Promise<{ readonly claim: KeyClaim } | { readonly kept: KeptAnswer }> {
  for (let tries = 0; ; tries += 1) {
    const claim = randomUUID() as string as KeyClaim
    const fresh = {
      claim,
      fingerprint: request.fingerprint,
      claimedUntil: sql`now() + make_interval(secs => ${claimS})`,
      expiresAt: sql`now() + make_interval(hours => ${keptH})`,
    }
    const isDead = sql`${keys.status} is null and ${keys.claimedUntil} <= now()
      and ${keys.fingerprint} = ${request.fingerprint}`
    const taken = await tx
      .insert(keys)
      .values({ ...request, ...fresh })
      .onConflictDoUpdate({
        target: [keys.owner, keys.route, keys.key],
        set: { ...fresh, status: null, headers: null, body: null },
        setWhere: sql`${keys.expiresAt} <= now() or (${isDead})`,
      })
      .returning({ claim: keys.claim })
    if (taken.length > 0) return { claim }
    const [first] = await tx.select().from(keys).where(of(request))
    if (first !== undefined) return { kept: answerOf(first, request) }
    // It was given up in between.
    if (tries === 3) throw inUse()
  }
}

/** Stores the answer for repeats of the request. Does nothing when the claim has expired and was taken over. */
export async function keepAnswer(tx: Tx, request: KeyedRequest, claim: KeyClaim, answer: KeptAnswer): Promise<void> {
  await tx
    .update(keys)
    .set({ status: answer.status, headers: { ...answer.headers }, body: answer.body })
    .where(and(of(request), eq(keys.claim, claim)))
}

/** Frees the key: a repeat of the request is served again. */
export async function dropClaim(tx: Tx, request: KeyedRequest, claim: KeyClaim): Promise<void> {
  await tx.delete(keys).where(and(of(request), eq(keys.claim, claim)))
}

/** Deletes expired keys. */
export async function forgetOldKeys(tx: Tx): Promise<void> {
  await tx.delete(keys).where(sql`${keys.expiresAt} <= now()`)
}

/** Deletes the keys of an ended tenant: its id may become another customer's. */
export async function forgetTenantKeys(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx.delete(keys).where(eq(keys.owner, tenantKeys(tenantId)))
}

function of({ owner, route, key }: KeyedRequest) {
  return and(eq(keys.owner, owner), eq(keys.route, route), eq(keys.key, key))
}

function answerOf(first: typeof keys.$inferSelect, { fingerprint }: KeyedRequest): KeptAnswer {
  if (first.fingerprint !== fingerprint) {
    const words = 'This Idempotency-Key was sent with another request. Take a new key for a new request.'
    throw new AppError('idempotency_key_reused', words)
  }
  if (first.status === null) throw inUse()
  return { status: first.status, headers: first.headers ?? {}, body: first.body ?? '' }
}

function inUse(): AppError {
  const words = 'The first request with this Idempotency-Key is under way. Send it again in a moment.'
  return new AppError('idempotency_key_in_use', words)
}
