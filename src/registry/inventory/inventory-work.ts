import { randomUUID } from 'node:crypto'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/connect.ts'
import type { InventoryRule } from '../../placement/inventory-rule.ts'
import type { TenantId } from '../../placement/tenant-id.ts'
import { appDocuments, inventories, type ReservedName } from './inventories.sql.ts'

export type InventoryRow = typeof inventories.$inferSelect

/** An inventory claimed by this replica until its lease expires. */
export interface InventoryJob extends InventoryRow {
  readonly claim: string
}

/** A document's records on some pages of the listing. */
export interface SeenDocument {
  readonly id: string
  readonly records: number
  readonly source: string | null
  /** Null: everyone; of several records the groups that see all of them. */
  readonly visibility: readonly string[] | null
}

/** The contents of some pages of the listing, and the position after them. */
export interface SeenPages {
  readonly documents: readonly SeenDocument[]
  readonly records: number
  readonly unnamed: number
  readonly unusable: number
  readonly reserved: number
  readonly reservedExamples: readonly ReservedName[]
  readonly afterId: string | undefined
  readonly cursor: string | undefined
}

/** Reserved names that are kept as examples. */
const examplesMax = 5

const nothingSeen = {
  afterId: null,
  cursor: null,
  records: 0,
  unnamed: 0,
  unusable: 0,
  reserved: 0,
  reservedExamples: [],
  fault: null,
  claim: null,
  finishedAt: null,
} as const

/** Begins a tenant's inventory, or begins it anew: documents of an earlier one stay until it ends. */
export async function beginRun(
  tx: Tx,
  tenantId: TenantId,
  start: {
    readonly rule: InventoryRule
    readonly visibilityField: string
    readonly placeId: number
  },
): Promise<void> {
  const { rule, ...more } = start
  const set = {
    documentField: 'documentField' in rule ? rule.documentField : null,
    idPattern: 'idPattern' in rule ? rule.idPattern : null,
    ...more,
    ...nothingSeen,
    state: 'building' as const,
    tick: 0,
    run: randomUUID(),
    changedAt: null,
    runAt: sql`now()`,
    startedAt: sql`now()`,
  }
  await tx
    .insert(inventories)
    .values({ tenantId, ...set })
    .onConflictDoUpdate({ target: inventories.tenantId, set })
}

/** Names the change of the tenant's routing that every replica must know before the listing begins. */
export async function setTick(tx: Tx, tenantId: TenantId, tick: number): Promise<void> {
  await tx.update(inventories).set({ tick }).where(eq(inventories.tenantId, tenantId))
}

/** Claims an inventory that is being built by nobody, of a tenant that is served. */
export async function claimInventory(db: Db, leaseMs: number): Promise<InventoryJob | undefined> {
  const claim = randomUUID()
  const next = sql`(select i.tenant_id from inventories i join tenants t on t.id = i.tenant_id
    where i.state = 'building' and i.run_at <= now() and t.status = 'active'
    order by i.run_at limit 1 for update of i skip locked)`
  const [row] = await db
    .update(inventories)
    .set({ claim, runAt: fromNow(leaseMs) })
    .where(sql`${inventories.tenantId} = ${next}`)
    .returning()
  return row && { ...row, claim }
}

/** Extends the claim; false when it is lost. */
export function renewInventory(db: Tx, job: InventoryJob, leaseMs: number): Promise<boolean> {
  return change(db, job, { runAt: fromNow(leaseMs) })
}

/** Gives the inventory back for a later attempt, which goes on from where this one was. */
export async function putBackInventory(
  db: Tx,
  job: InventoryJob,
  afterMs: number,
  fault: string | null,
): Promise<void> {
  await change(db, job, { claim: null, runAt: fromNow(afterMs), fault })
}

/** Begins the listing anew at the place that the tenant has moved to. */
export function restartAt(db: Tx, job: InventoryJob, placeId: number): Promise<boolean> {
  return change(db, job, { ...nothingSeen, placeId, run: randomUUID(), runAt: sql`now()` })
}

/** Adds some pages and the position after them, in one step: each page counts once. False when the claim is lost. */
export function addPages(
  db: Db,
  job: InventoryJob,
  { documents, afterId, cursor, ...seen }: SeenPages,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const isOurs = await change(tx, job, {
      afterId: afterId ?? null,
      cursor: cursor ?? null,
      records: sql`${inventories.records} + ${seen.records}`,
      unnamed: sql`${inventories.unnamed} + ${seen.unnamed}`,
      unusable: sql`${inventories.unusable} + ${seen.unusable}`,
      reserved: sql`${inventories.reserved} + ${seen.reserved}`,
      reservedExamples: firstExamples(seen.reservedExamples),
      fault: null,
    })
    if (isOurs && documents.length > 0) await addDocuments(tx, job, documents)
    return isOurs
  })
}

/** The examples of the row with these behind them: a job knows the row as it was when it was claimed. */
function firstExamples(more: readonly ReservedName[]) {
  const all = sql`${inventories.reservedExamples} || ${JSON.stringify(more)}::jsonb`
  return sql`jsonb_path_query_array(${all}, ${`$[0 to ${examplesMax - 1}]`}::jsonpath)`
}

async function addDocuments(
  tx: Tx,
  { tenantId, run }: InventoryJob,
  documents: readonly SeenDocument[],
): Promise<void> {
  const isSameRun = sql`${appDocuments.run} = excluded.run`
  await tx
    .insert(appDocuments)
    .values(
      documents.map(({ visibility, ...one }) => ({ tenantId, run, ...one, visibility: visibility && [...visibility] })),
    )
    .onConflictDoUpdate({
      target: [appDocuments.tenantId, appDocuments.id],
      set: {
        run,
        records: sql`case when ${isSameRun} then ${appDocuments.records} else 0 end + excluded.records`,
        source: sql`case when ${isSameRun} then coalesce(${appDocuments.source}, excluded.source) else excluded.source end`,
        visibility: sql`case when ${isSameRun} then ${seenByBoth} else excluded.visibility end`,
      },
    })
}

/** The groups that see what a row and what is added to it say. */
export const seenByBoth = sql`case
  when ${appDocuments.visibility} is null then excluded.visibility
  when excluded.visibility is null then ${appDocuments.visibility}
  else array(select unnest(${appDocuments.visibility}) intersect select unnest(excluded.visibility)) end`

/**
 * Ends the inventory, unless the tenant has left the listed place: an emptied place proves nothing. Documents that this
 * run did not see, and that the app did not write meanwhile, are dropped.
 */
export function finishInventory(db: Db, job: InventoryJob): Promise<boolean> {
  return db.transaction(async (tx) => {
    const isThere = sql`exists (select from places where id = ${job.placeId} and state = 'active')`
    const done = { state: 'ready', claim: null, finishedAt: sql`now()`, fault: null } as const
    if (!(await change(tx, job, done, isThere))) return false
    await tx.execute(sql`delete from app_documents where tenant_id = ${job.tenantId} and run <> ${job.run}
      and (changed_at is null or changed_at < ${job.startedAt.toISOString()}::timestamptz)`)
    await tx.execute(sql`update app_documents set changed_at = null
      where tenant_id = ${job.tenantId} and changed_at < ${job.startedAt.toISOString()}::timestamptz`)
    return true
  })
}

async function change(
  db: Tx,
  job: InventoryJob,
  set: Parameters<ReturnType<typeof db.update<typeof inventories>>['set']>[0],
  also?: SQL,
): Promise<boolean> {
  const isOurs = and(eq(inventories.tenantId, job.tenantId), eq(inventories.run, job.run))
  const rows = await db
    .update(inventories)
    .set(set)
    .where(and(isOurs, eq(inventories.claim, job.claim), also))
    .returning({ tenantId: inventories.tenantId })
  return rows.length > 0
}

function fromNow(ms: number): SQL {
  return sql`now() + make_interval(secs => ${ms / 1000})`
}
