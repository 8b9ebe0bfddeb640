import { sql } from 'drizzle-orm'
import type { StoreFinding } from '../state/finding.ts'
import type { LookDeps } from './look.ts'

/** Compares each index's counter of namespaces with its places, in one statement: both change in one transaction. */
export async function lookAtCapacity({ db }: Pick<LookDeps, 'db'>): Promise<readonly StoreFinding[]> {
  const rows = await db.execute<{ project: string; name: string; counted: number; places: number; room: number }>(sql`
    select i.project, i.name, i.namespaces_used as counted, i.namespace_limit as room, count(p.id)::int as places
    from indexes i left join places p on p.index_id = i.id and p.state <> 'purged'
    where i.state <> 'deleted'
    group by i.id having i.namespaces_used <> count(p.id)
    order by i.id`)
  return [...rows].map(({ project, name, counted, places, room }) => ({
    kind: 'capacity_differs',
    project,
    index: name,
    detail: { counted, places },
    ...(places > room && { refused: `it has ${places} places and a limit of ${room}: raise its limit first` }),
  }))
}
