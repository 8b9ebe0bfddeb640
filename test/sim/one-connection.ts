import postgres from 'postgres'

/** A client that never has more than one connection, and never another one. */
export type OneConnection = postgres.Sql

/** Opened once for many worlds, one after the other, it spares each the time that Postgres takes to learn the statements. */
export function oneConnection(url: string): OneConnection {
  return postgres(url, { max: 1, onnotice: () => undefined, idle_timeout: 0, max_lifetime: null })
}

/** The query builder's statements are few and come again and again; the driver would not prepare those without parameters. */
export const prepared = { prepare: true, simple: false }

const ready = new WeakSet<OneConnection>()

/** Plans don't look at the values, so each statement is planned once. */
const setup = `create schema if not exists sim; create sequence if not exists sim.ticks;
  set search_path to sim, public, pg_catalog; set synchronous_commit to off; set plan_cache_mode to force_generic_plan;
  create or replace function sim.now() returns timestamptz language sql stable as
    $$ select pg_catalog.to_timestamp(pg_catalog.current_setting('sim.now_ms')::float8 / 1000) $$;
  create or replace function sim.clock_timestamp() returns timestamptz language sql volatile as
    $$ select sim.now() + pg_catalog.nextval('sim.ticks') * interval '1 microsecond' $$;`

/** Gives an empty database with the simulated clock. @param real to a migrated one that nobody else uses. */
export async function emptied(real: OneConnection): Promise<void> {
  if (!ready.has(real)) {
    await real.unsafe(setup)
    const deletes = (await childrenFirst(real)).map((table) => `delete from public.${table};`)
    await real.unsafe(
      `create or replace procedure sim.empty() language plpgsql as $$ begin ${deletes.join(' ')} end $$;`,
    )
    ready.add(real)
  }
  await real.unsafe('call sim.empty()', [], prepared)
}

/** The tables that worlds fill, each before those that it refers to. */
async function childrenFirst(real: OneConnection): Promise<readonly string[]> {
  const found = await real<{ name: string; parents: string[] }[]>`
    select quote_ident(relname) as name, array(select quote_ident(parent.relname) from pg_constraint
      join pg_class parent on parent.oid = confrelid where conrelid = own.oid and contype = 'f' and confrelid <> own.oid) as parents
    from pg_class own where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'routing_clock' order by 1`
  const order: string[] = []
  let left = [...found]
  while (left.length > 0) {
    const free = left.filter(({ name }) => !left.some(({ parents }) => parents.includes(name)))
    if (free.length === 0) throw new Error('tables refer to each other in a circle')
    order.push(...free.map(({ name }) => name))
    left = left.filter((one) => !free.includes(one))
  }
  return order
}
