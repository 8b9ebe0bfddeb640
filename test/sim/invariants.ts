import { digestContent, digestRecord } from '../../src/moves/verify/digest.ts'
import type { Phase } from '../../src/placement/phase.ts'
import type { VectorRecord } from '../../src/stores/store.ts'
import { simVector } from './sim-models.ts'
import type { SimWorld } from './sim-world.ts'

interface PlaceName {
  readonly indexName: string
  readonly namespace: string
  readonly generation: number
}

/** The routing and what belongs to it, as it is in the rows. */
export interface Rows {
  readonly phase: Phase
  readonly state: string | null
  readonly active: PlaceName
  readonly follower: PlaceName | null
  readonly claimed: readonly string[] | null
  readonly dirty: readonly DirtyLook[] | null
  readonly unclean: number
  /** Names of places that are there twice. */
  readonly shared: number
  /** The tick up to which every session has applied the tenant's changes; null: there is none. */
  readonly applied: number | null
  /** The move that was started last. */
  readonly last: LastMove | null
}

interface DirtyLook {
  readonly id: string
  readonly seq: number
  readonly state: string
  readonly clean: boolean
}

export interface LastMove {
  readonly id: string
  readonly state: string
  readonly token: number
  readonly barrierTick: number | null
  /** The barrier of ARM has passed. */
  readonly hasBarrier: boolean
}

/** The rows as the invariants of docs/moves.md section 4 look at them. */
export async function readRows(world: SimWorld): Promise<Rows> {
  const place = (name: string) =>
    `case when ${name}.id is null then null else json_build_object('indexName', ${name}.index_name, 'namespace', ${name}.namespace, 'generation', ${name}.generation) end`
  const [rows] = await world.rows<Rows>(`
    select r.phase, m.state, ${place('a')} as active, ${place('f')} as follower, m.claimed_ids as claimed,
      (select json_agg(json_build_object('id', record_id, 'seq', seq, 'state', d.state,
        'clean', d.state = 'done' and synced_seq is not distinct from seq and suspect_until is null)) from dirty d where move_id = r.move_id) as dirty,
      (select count(*)::int from places p where p.generation > 1 and not exists (select 1 from cleanups where place_id = p.id)) as unclean,
      (select count(*) - count(distinct (project, index_name, namespace)) from places)::int as shared,
      (select min(greatest(applied, coalesce((draining->>r.tenant_id)::bigint, retired)))::int from sessions where expires_at > now()) as applied,
      (select json_build_object('id', id, 'state', state, 'token', mover_token, 'barrierTick', barrier_tick, 'hasBarrier', barrier_at is not null)
        from moves order by created_at desc limit 1) as last
    from routing r join places a on a.id = r.active_place_id left join places f on f.id = r.follower_place_id
    left join moves m on m.id = r.move_id`)
  if (rows === undefined) throw new Error('the tenant has lost its routing')
  return rows
}

/** Checks I4, I5, I10, I11, I12 and I13 after a transaction. @throws naming the violated one. */
export function checkRows(world: SimWorld, rows: Rows): void {
  const { phase, state, active, follower } = rows
  world.goodCopies.check(rows)
  const here = world.store.truth(active) ?? world.emptyIfDamaged()
  if (here === undefined) throw new Error(`I10: the active place g${active.generation} is gone`)
  if (rows.unclean > 0) throw new Error('I11: a place was reserved without its clean-up row')
  if (rows.shared > 0) throw new Error('I12: two places have the same name')
  if (follower === null || phase === 'arm' || world.spoiled) return
  const there = world.store.truth(follower)
  if (there === undefined) throw new Error(`I10: the follower g${follower.generation} is gone`)
  const written = new Map(rows.dirty?.map((one) => [one.id, one]))
  // A move that is given up as it begins shuts a fence too, and has copied nothing.
  const copied = !['arming', 'copying', 'paused', 'cancelling'].includes(state ?? '')
  const ids = new Set([...here.keys(), ...there.keys()])
  for (const id of ids) {
    const row = written.get(id)
    const isSettled = row === undefined ? copied : row.clean
    if (phase !== 'flip' && (!isSettled || rows.claimed?.includes(id))) continue
    if (look(here, id, world.transforms) !== look(there, id, world.transforms)) {
      const rule = phase === 'flip' ? 'I5' : phase === 'soak' ? 'I13' : 'I4'
      throw new Error(`${rule}: ${id} differs in the two places, and nothing says so (${phase}, ${state})`)
    }
    if (world.transforms) checkVector(there.get(id), rows)
  }
  // What was just switched to has to show what it has, and nothing older in between; where nothing lags, it always does.
  if (phase !== 'flip') return
  for (const shown of world.store.yetToShow(active)) {
    const late = [...new Set([...here.keys(), ...shown.keys()])].find(
      (id) => look(shown, id, world.transforms) !== look(here, id, world.transforms),
    )
    if (late !== undefined) throw new Error(`I5: ${late} does not show yet in the place that is read now`)
  }
}

/** Checks that a mover's copy has the vector that the model of its place makes of its text. */
function checkVector(copy: VectorRecord | undefined, { follower }: Rows): void {
  const { text, _tr_emb: stamp } = copy?.metadata ?? {}
  if (copy === undefined || stamp === undefined || typeof text !== 'string') return
  const model = copy.values.length === 3 ? 'other' : 'test'
  if (copy.values.join() === simVector({ model }, text).map(Math.fround).join()) return
  throw new Error(
    `I4: ${copy.id} has not the vector of its text in g${follower?.generation}: ${copy.values.join()}, ${text}`,
  )
}

/** Checks I1, I3 and I6 after an app's write has landed. @throws naming the violated one. */
export async function checkLanded(world: SimWorld, label: string): Promise<void> {
  const [, actor = '', generation, ids = '…'] = /^network: ([\w.]+): \w+ g(\d+)(?: (.*))?: \w+$/.exec(label) ?? []
  // The router's own probe deletes what is never there.
  if (actor === '' || actor.endsWith('.mover') || ids.startsWith('_tr')) return
  const { phase, active, dirty } = await readRows(world)
  if (active.generation !== Number(generation)) {
    throw new Error(`I1: ${actor} wrote ${ids} to g${generation}, but g${active.generation} is active (${phase})`)
  }
  if (phase === 'steady' || phase === 'arm') return
  if (ids === '…') throw new Error(`I3: ${actor} wrote records that it did not name (${phase})`)
  for (const id of ids.split(',')) {
    if (id === '…' || dirty?.find((one) => one.id === id)?.state === 'inflight') continue
    throw new Error(`I3: ${actor} wrote ${id} without a logged intent (${phase})`)
  }
}

/** Records are never changed, only replaced. */
const digests = new WeakMap<VectorRecord, string>()

function look(records: ReadonlyMap<string, VectorRecord>, id: string, transforms: boolean): string {
  const found = records.get(id)
  if (found === undefined) return 'absent'
  const digest = digests.get(found) ?? (transforms ? digestContent(found) : digestRecord(found))
  digests.set(found, digest)
  return digest
}
