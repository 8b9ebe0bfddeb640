import { sql } from 'drizzle-orm'
import type { Tx } from '../../db/connect.ts'
import type { NoticeType } from '../../placement/notice-types.ts'
import type { DeliveryState } from './notices.sql.ts'

/** An event before it is kept. */
export interface NewNotice {
  /** The happening: the same one gives no second event. */
  readonly key: string
  readonly type: NoticeType
  /** ISO 8601. */
  readonly at: string
  readonly tenantId: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** Days after which an event and its deliveries are forgotten. */
const keptDays = 30

/**
 * Locks the position up to which the audit was turned into events, until the transaction ends.
 * @returns undefined: another replica does it; or it begins now, with what is audited from here on.
 */
export async function lockNoticeCursor(tx: Tx): Promise<number | undefined> {
  const [made] = await tx.execute<{ one: boolean }>(sql`
    insert into notice_cursor (position) select coalesce(max(position), 0) from audit
    on conflict do nothing returning one`)
  if (made !== undefined) return undefined
  const [row] = await tx.execute<{ position: number }>(sql`
    select position::float8 as position from notice_cursor for update skip locked`)
  return row?.position
}

export async function moveNoticeCursor(tx: Tx, position: number): Promise<void> {
  await tx.execute(sql`update notice_cursor set position = ${position}`)
}

/** Keeps events, each with a delivery to every hook that wants its type. */
export async function insertNotices(
  tx: Tx,
  notices: readonly NewNotice[],
  hooks: readonly { readonly name: string; readonly events: readonly NoticeType[] }[],
): Promise<void> {
  for (const { key, type, at, tenantId, data } of notices) {
    const wanting = hooks.filter(({ events }) => events.includes(type)).map(({ name }) => name)
    await tx.execute(sql`
      with made as (
        insert into notices (id, key, type, at, tenant_id, data)
        values (${`msg_${crypto.randomUUID()}`}, ${key}, ${type}, ${at}::timestamptz, ${tenantId},
          ${JSON.stringify(data)}::jsonb)
        on conflict (key) do nothing returning id
      )
      insert into notice_deliveries (notice_id, hook)
      select id, hook from made, unnest(${sql.param(wanting)}::text[]) as hook`)
  }
}

/** Those of the tenants whose place is in a shared index. */
export async function listPooled(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await tx.execute<{ id: string }>(sql`
    select places.tenant_id as id from places join indexes on indexes.id = places.index_id
    where places.tenant_id = any(${sql.param([...ids])}::text[]) and places.state = 'active' and kind = 'pool'`)
  return new Set(rows.map(({ id }) => id))
}

/** Happenings of the last day that the audit does not have: finished promotes, moves that stand, failed proofs. */
export async function findHappenings(tx: Tx, stuckAfterMs: number): Promise<readonly NewNotice[]> {
  const moves = await tx.execute<
    Omit<NewNotice, 'data'> & { move: string; kind: string; state: string; gate: string | null }
  >(sql`
    select 'promoted ' || id as key, 'tenant.promoted' as type, ${isoOf('switched_at')} as at, tenant_id as "tenantId",
      id as move, kind, state, gate
    from moves where kind = 'promote' and switched_at > now() - interval '1 day'
      and state in ('soaking', 'completing', 'completed')
    union all
    select 'stuck ' || id || ' ' || (waiting ->> 'since'), 'move.stuck', waiting ->> 'since', tenant_id, id, kind, state, gate
    from moves where ended_at is null and waiting is not null and state not in ('queued', 'soaking')
      and (stopped is not null or (waiting ->> 'since')::timestamptz < now() - ${stuckAfterMs} * interval '1 millisecond')`)
  const runs = await tx.execute<{ key: string; at: string; run: string }>(sql`
    select 'isolation ' || id as key, ${isoOf('ended_at')} as at, id as run from isolation_runs
    where state = 'failed' and ended_at > now() - interval '1 day'`)
  return [
    ...moves.map(({ key, type, at, tenantId, ...data }) => ({ key, type, at, tenantId, data })),
    ...runs.map(({ key, at, run }) => ({ key, type: 'isolation.failed' as const, at, tenantId: null, data: { run } })),
  ]
}

function isoOf(column: string) {
  return sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`)
}

/** A delivery that is due, with its event. */
export interface DueDelivery {
  readonly id: string
  readonly hook: string
  readonly attempts: number
  readonly type: NoticeType
  readonly at: string
  readonly tenantId: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** Claims due deliveries for `leaseS`: another replica takes up what this one does not finish. */
export async function claimDeliveries(
  tx: Tx,
  hooks: readonly string[],
  limit: number,
  leaseS: number,
): Promise<readonly DueDelivery[]> {
  return tx.execute<DueDelivery & Record<string, unknown>>(sql`
    with due as (
      select notice_id, hook from notice_deliveries
      where state = 'waiting' and next_at <= now() and hook = any(${sql.param([...hooks])}::text[])
      order by next_at limit ${limit} for update skip locked
    ), claimed as (
      update notice_deliveries d set next_at = now() + make_interval(secs => ${leaseS}), attempts = attempts + 1
      from due where d.notice_id = due.notice_id and d.hook = due.hook
      returning d.notice_id, d.hook, d.attempts
    )
    select n.id, hook, attempts, type, ${isoOf('n.at')} as at, tenant_id as "tenantId", data
    from claimed join notices n on n.id = notice_id`)
}

/** Ends an attempt. @param againInS when the next one is due; null: there is none. */
export async function endAttempt(
  tx: Tx,
  { id, hook, attempts }: Pick<DueDelivery, 'id' | 'hook' | 'attempts'>,
  error: string | null,
  againInS: number | null,
): Promise<void> {
  const state: DeliveryState = error === null ? 'delivered' : againInS === null ? 'failed' : 'waiting'
  await tx.execute(sql`
    update notice_deliveries set state = ${state}, error = ${error},
      delivered_at = case when ${state} = 'delivered' then now() end,
      next_at = now() + make_interval(secs => ${againInS ?? 0})
    where notice_id = ${id} and hook = ${hook} and attempts = ${attempts} and state = 'waiting'`)
}

/** Sends an event to its hooks again, at once. @returns to how many. */
export async function sendAgain(tx: Tx, id: string): Promise<number> {
  const rows = await tx.execute<{ hook: string }>(sql`
    update notice_deliveries set state = 'waiting', attempts = 0, next_at = now(), error = null, delivered_at = null
    where notice_id = ${id} returning hook`)
  return rows.length
}

export async function forgetOldNotices(tx: Tx): Promise<void> {
  await tx.execute(sql`delete from notices where at < now() - make_interval(days => ${keptDays})`)
}

/** An event with its deliveries. */
export interface NoticeRow {
  readonly id: string
  readonly type: NoticeType
  readonly at: string
  readonly tenantId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly deliveries: readonly {
    readonly hook: string
    readonly state: DeliveryState
    readonly attempts: number
    readonly error: string | null
    readonly deliveredAt: string | null
    readonly nextAt: string | null
  }[]
}

/** Newest first. */
export async function listNoticeRows(
  tx: Tx,
  query: {
    readonly state?: DeliveryState | undefined
    readonly id?: string | undefined
    readonly before: { readonly at: string; readonly id: string } | undefined
    readonly limit: number
  },
): Promise<readonly NoticeRow[]> {
  const { state, id, before, limit } = query
  return tx.execute<NoticeRow & Record<string, unknown>>(sql`
    select n.id, type, ${isoOf('n.at')} as at, tenant_id as "tenantId", data, (
      select coalesce(jsonb_agg(jsonb_build_object('hook', hook, 'state', state, 'attempts', attempts, 'error', error,
        'deliveredAt', ${isoOf('delivered_at')}, 'nextAt', case when state = 'waiting' then ${isoOf('next_at')} end)
        order by hook), '[]') from notice_deliveries where notice_id = n.id) as deliveries
    from notices n
    where ${id === undefined ? sql`true` : sql`n.id = ${id}`}
      and ${before === undefined ? sql`true` : sql`(date_trunc('milliseconds', n.at), n.id) < (${before.at}::timestamptz, ${before.id})`}
      and ${state === undefined ? sql`true` : sql`exists (select from notice_deliveries d where d.notice_id = n.id and d.state = ${state})`}
    order by date_trunc('milliseconds', n.at) desc, n.id desc limit ${limit}`)
}
