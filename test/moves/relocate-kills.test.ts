import { afterEach, beforeEach, expect, test } from 'vitest'
import { startMove } from '../../src/moves/start-move.ts'
import { rollbackMove } from '../../src/moves/steer-move.ts'
import { contents, MoveWorld, platform, settings } from '../support/move-world.ts'
import { openShard } from './shards.ts'

let world: MoveWorld
beforeEach(async () => {
  world = await MoveWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** The tenant's region, and that of the place that serves it; null is us-east-1 in this world. */
async function regions(): Promise<readonly [string, string]> {
  const [row] = await world.home.sql<{ own: string; place: string }[]>`
    select coalesce(t.region, 'us-east-1') as own, i.region as place from tenants t join routing r on r.tenant_id = t.id
    join places p on p.id = r.active_place_id join indexes i on i.id = p.index_id`
  return [row?.own ?? '', row?.place ?? '']
}

const [here, there] = [
  ['us-east-1', 'us-east-1'],
  ['eu-west-1', 'eu-west-1'],
] as const

test.each(['fence: entered', 'fence: tail synced', 'flip: switched', 'open: barrier passed'] as const)(
  'a mover that dies at "%s" of a relocation, there or back, leaves the tenant with the region of its place',
  async (point) => {
    const acme = await world.tenant('acme', 20)
    const before = await contents(await world.placeOf(acme))
    await openShard(world, 2, { region: 'eu-west-1' })
    const { died } = await world.mortal(point)
    const wanted = { tenantId: acme, kind: 'relocate', region: 'eu-west-1' } as const
    const { id } = await startMove({ db: world.home.db, settings }, platform, wanted)
    await died
    const isSwitched = point === 'flip: switched' || point === 'open: barrier passed'
    expect(await regions()).toEqual(isSwitched ? there : here)
    const second = await world.replica()
    await world.until(id, 'soaking')
    expect(await regions()).toEqual(there)
    await second.stopMover()
    // Back it passes the fence alone: what opens writes is no step of its own there.
    const back = isSwitched ? 'rollBack: begun' : point
    const { died: diedAgain } = await world.mortal(back)
    await rollbackMove(world.home, platform, id)
    await diedAgain
    expect(await regions()).toEqual(isSwitched ? here : there)
    await world.replica()
    await world.until(id, 'rolled_back')
    expect(await regions()).toEqual(here)
    expect(await contents(await world.placeOf(acme))).toEqual(before)
  },
)
