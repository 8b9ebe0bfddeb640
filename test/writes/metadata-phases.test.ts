import { expect, test } from 'vitest'
import type { MovePoint } from '../../src/moves/sync/step.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

const values = bagOfWords('apple')
/** Metadata of a given size as JSON, in one field. */
const sized = (bytes: number, field = 'a') => ({ [field]: 'x'.repeat(bytes - `{"${field}":""}`.length) })
const [callersBytes, vendorsBytes] = [40_928, 40_960]

/** Points at which a move is held, in order: each phase of a tenant's routing has at least one. */
const points = [
  ...(['prepare: namespace made', 'arm: barrier passed', 'arm: all visible', 'copy: batch claimed'] as const),
  ...(['copy: batch recorded', 'verify: compared', 'fence: entered', 'flip: switched'] as const),
  ...(['open: barrier passed', 'complete: begun', 'complete: purged'] as const),
] satisfies readonly MovePoint[]

const isHeld = (point: MovePoint) => ['fence: entered', 'flip: switched', 'open: barrier passed'].includes(point)

/** Writes metadata of a given size by an upsert and by an update of the same record; returns both answers. */
async function write(world: TwoReplicas, id: string, bytes: number): Promise<readonly number[]> {
  const metadata = sized(bytes)
  const upsert = await allowed(world, '/vectors/upsert', { vectors: [{ id, values, metadata }] })
  const update = await allowed(world, '/vectors/update', { id, setMetadata: metadata })
  return [upsert, update]
}

/** The answer to a write, which is repeated as long as writes are held. */
async function allowed(world: TwoReplicas, path: string, body: unknown): Promise<number> {
  for (;;) {
    const { status } = await world.ask('b', path, body)
    if (status !== 503) return status
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('in every phase of a move metadata of 40,928 bytes is taken by an upsert and an update, one byte more by neither, and the move ends', async () => {
  await using world = await TwoReplicas.open()
  expect(await write(world, 'at rest', callersBytes)).toEqual([200, 200])
  expect(await write(world, 'at rest', callersBytes + 1)).toEqual([400, 400])
  const holds = points.map((point) => ({ point, ...world.hold(point) }))
  const waiting: Promise<readonly number[]>[] = []
  await world.promote()
  for (const { point, reached, release } of holds) {
    if (point === 'complete: begun') {
      await world.until('soaking')
      expect(await write(world, 'soaking', callersBytes)).toEqual([200, 200])
      expect(await write(world, 'soaking', callersBytes + 1)).toEqual([400, 400])
      await world.complete()
    }
    await reached
    expect([point, await write(world, point, callersBytes + 1)]).toEqual([point, [400, 400]])
    const taken = write(world, point, callersBytes)
    // From the fence until the switch is over writes wait, so those are looked at when the next ones go through.
    if (!isHeld(point)) expect([point, await taken]).toEqual([point, [200, 200]])
    waiting.push(taken)
    release()
  }
  for (const taken of waiting) expect(await taken).toEqual([200, 200])
  await world.until('completed')
  const ids = ['at rest', 'soaking', ...points]
  expect(await world.settled('a', ids)).toEqual(Object.fromEntries(ids.map((id) => [id, sized(callersBytes)])))
})

test.each([
  { by: 'sequence numbers', lsnHeaders: true },
  { by: 'the visibility bound', lsnHeaders: false },
])(
  'records that an update or an adoption left without room for a stamp are proven by $by, and moved',
  async ({ lsnHeaders }) => {
    await using world = await TwoReplicas.open()
    const { routing } = await world.replicas.a.services.routes.find(parseTenantId('acme'))
    await world.upsert('a', 'grown', sized(20_000))
    await world.stores.a.open(routing.active).upsert([{ id: 'adopted', values, metadata: sized(vendorsBytes) }])
    await world.reach('copying')
    world.service.local.local.setFaults({ lsnHeaders })
    // Both records together are the vendor's limit: `{…,` and `…}` share a comma in the place of two brackets.
    const rest = sized(vendorsBytes - 20_000 + 1, 'b')
    await world.done('b', '/vectors/update', { id: 'grown', setMetadata: rest })
    await world.done('b', '/vectors/update', { id: 'adopted', values: bagOfWords('pear') })
    const sql = world.service.home.sql
    const rows = () => sql`select record_id as id, lsn is not null as numbered from dirty order by record_id`
    expect(await rows()).toEqual(['adopted', 'grown'].map((id) => ({ id, numbered: lsnHeaders })))
    await world.throughTheSwitch()
    const carried = await sql`
    select record_id as id, synced_stamped as stamped, synced_lsn is not null as numbered, verified_seq = seq as verified
    from dirty order by record_id`
    const proven = { stamped: false, numbered: lsnHeaders, verified: true }
    expect(carried).toEqual(['adopted', 'grown'].map((id) => ({ id, ...proven })))
    const expected = { adopted: sized(vendorsBytes), grown: { ...sized(20_000), ...rest } }
    expect(await world.settled('a', ['adopted', 'grown'])).toEqual(expected)
    const { json } = await world.done('a', '/vectors/fetch', { ids: ['adopted'] })
    expect(Float32Array.from(json.vectors.adopted.values)).toEqual(Float32Array.from(bagOfWords('pear')))
  },
)
