import { test } from 'vitest'
import { firstSeed, lags, promotes } from './count.ts'
import { FireWorld } from './fire-world.ts'
import { type FireCourse, fireLimitMs, moveUnderFire } from './move-under-fire.ts'
import { recordOf } from './record.ts'

const rounds = Math.ceil(promotes / 2)
const promotion: FireCourse = { recordOf, begin: (world, tenantId) => world.move(tenantId, { kind: 'promote' }) }

test.concurrent.for(lags.map((lagMs, at) => ({ lagMs, at })))(
  'replicas are killed and stopped while a tenant is promoted, rolled back and promoted again on a store that shows writes $lagMs ms late: every record is accounted for',
  { timeout: rounds * (3 * fireLimitMs + 240_000) },
  async ({ lagMs, at }) => {
    await using world = await FireWorld.open()
    for (let round = 0; round < rounds; round += 1) {
      const seed = firstSeed + round * lags.length + at
      const said = await moveUnderFire(world, promotion, { tenantId: `fire-${round}`, lagMs, seed })
      if (promotes > 2) console.log(said)
    }
  },
)
