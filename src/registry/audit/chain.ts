import { asc, desc, gt, isNull, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import {
  type ChainedEntry,
  type Checkpoint,
  chainHash,
  chainStart,
  checkpointStatement,
} from '../../evidence/audit-chain.ts'
import type { SigningKey } from '../../evidence/signing-key.ts'
import { audit, auditCheckpoints, signingKeys } from './audit.sql.ts'
import type { AuditRow } from './audit.ts'

/** Rows per round. */
const atOnce = 1000
/** Held for the round by the replica that makes it. */
const roundLock = sql`pg_try_advisory_xact_lock(hashtext('tenant-router audit chain'))`

/**
 * Gives committed rows their places in the chain, in the order of their ids, and signs the chain's new end. It is not
 * done in a deed's own transaction: then every change of any tenant would wait for every other one.
 * @returns how many rows it chained; 0 when another replica does it.
 */
export async function chainAudit(db: Db, key: SigningKey | undefined): Promise<number> {
  const [waiting] = await db.execute<{ rows: boolean; unsigned: boolean }>(sql`
    select exists (select 1 from audit where position is null) as rows,
      coalesce((select max(position) from audit), 0) > coalesce((select max(position) from audit_checkpoints), 0) as unsigned`)
  if (waiting === undefined || !(waiting.rows || (waiting.unsigned && key !== undefined))) return 0
  return db.transaction(async (tx) => {
    const [lock] = await tx.execute<{ mine: boolean }>(sql`select ${roundLock} as mine`)
    if (lock?.mine !== true) return 0
    let head = await readHead(tx)
    const rows = await tx.select().from(audit).where(isNull(audit.position)).orderBy(asc(audit.id)).limit(atOnce)
    const placed = rows.map((row) => {
      const position = (head?.position ?? 0) + 1
      head = { position, hash: chainHash(head?.hash ?? chainStart, position, entryOf(row)) }
      return { id: row.id, ...head }
    })
    if (placed.length > 0) await place(tx, placed)
    if (key !== undefined && head !== undefined) await signHead(tx, key, head)
    return placed.length
  })
}

interface Head {
  readonly position: number
  readonly hash: string
}

async function readHead(tx: Tx): Promise<Head | undefined> {
  const [row] = await tx
    .select({ position: audit.position, hash: audit.hash })
    .from(audit)
    .where(sql`position is not null`)
    .orderBy(desc(audit.position))
    .limit(1)
  if (row === undefined || row.position === null || row.hash === null) return undefined
  return { position: row.position, hash: row.hash }
}

async function place(tx: Tx, placed: readonly (Head & { readonly id: number })[]): Promise<void> {
  await tx.execute(sql`
    update audit set position = mine.n, hash = mine.hash
    from unnest(${sql.param(placed.map((one) => one.id))}::bigint[], ${sql.param(placed.map((one) => one.position))}::bigint[],
      ${sql.param(placed.map((one) => one.hash))}::text[]) as mine(id, n, hash)
    where audit.id = mine.id`)
}

async function signHead(tx: Tx, key: SigningKey, head: Head): Promise<void> {
  const at = new Date()
  const signature = key.sign(checkpointStatement({ ...head, at: at.toISOString() }))
  await tx
    .insert(auditCheckpoints)
    .values({ ...head, at, keyId: key.id, signature })
    .onConflictDoNothing()
}

/** Adds the key to the list of public keys, where it stays. */
export async function announceSigningKey(tx: Tx, { id, publicKey }: SigningKey): Promise<void> {
  await tx.insert(signingKeys).values({ id, publicKey }).onConflictDoNothing()
}

/** Chained rows after a position, oldest first. */
export async function readChainRows(tx: Tx, after: number, limit: number): Promise<readonly ChainedEntry[]> {
  const rows = await tx.select().from(audit).where(gt(audit.position, after)).orderBy(asc(audit.position)).limit(limit)
  return rows.flatMap((row) => {
    if (row.position === null || row.hash === null) return []
    return [{ ...entryOf(row), position: row.position, hash: row.hash }]
  })
}

/** Checkpoints after a position, oldest first. */
export async function readCheckpoints(tx: Tx, after: number, limit: number): Promise<readonly Checkpoint[]> {
  const rows = await tx
    .select()
    .from(auditCheckpoints)
    .where(gt(auditCheckpoints.position, after))
    .orderBy(asc(auditCheckpoints.position))
    .limit(limit)
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}

/** The state of the chain. */
export interface ChainState {
  /** The position of the last chained row, and of the last signed one; 0: none. */
  readonly rows: number
  readonly signedTo: number
  /** Rows without a place yet, and since when the oldest waits; more than a few seconds means that no replica chains. */
  readonly unchained: number
  readonly unchainedSince: Date | null
  readonly keys: readonly (typeof signingKeys.$inferSelect)[]
}

export async function readChainState(tx: Tx): Promise<ChainState> {
  const [counts] = await tx.execute<{ rows: number; signedTo: number; unchained: number; since: Date | null }>(sql`
    select coalesce((select max(position) from audit), 0)::int as rows,
      coalesce((select max(position) from audit_checkpoints), 0)::int as "signedTo",
      count(*)::int as unchained, min(at) as since from audit where position is null`)
  const keys = await tx.select().from(signingKeys).orderBy(asc(signingKeys.since))
  const { rows = 0, signedTo = 0, unchained = 0, since = null } = counts ?? {}
  return { rows, signedTo, unchained, unchainedSince: since === null ? null : new Date(since), keys }
}

/** The row as it is hashed and exported. */
function entryOf(row: AuditRow) {
  const { position: _position, hash: _hash, ...entry } = row
  return { ...entry, at: row.at.toISOString() }
}
