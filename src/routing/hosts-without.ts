import { sql } from 'drizzle-orm'
import type { Tx } from '../db/connect.ts'
import type { ReplicaAbility } from '../placement/replica-ability.ts'

/** Host names of the live replicas whose version lacks an ability, as their sessions announce it; each once. */
export async function hostsWithout(tx: Tx, ability: ReplicaAbility): Promise<readonly string[]> {
  const rows = await tx.execute<{ host: string }>(sql`
    select distinct coalesce(host, 'a host without a name') as host from sessions
    where expires_at > now() and not knows @> to_jsonb(${ability}::text) order by host`)
  return rows.map(({ host }) => host)
}
