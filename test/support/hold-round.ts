import type { Sql } from 'postgres'

/** Takes the lease of a round for good, as a replica whose round does not end. */
export async function holdRound(sql: Sql, name: 'losses' | 'policy' | 'sweep'): Promise<void> {
  await sql`insert into round_leases (name, holder, until) values (${name}, gen_random_uuid(), 'infinity')
    on conflict (name) do update set holder = excluded.holder, until = excluded.until`
}
