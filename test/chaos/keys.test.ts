import { expect, test } from 'vitest'
import { type ChaosReplica, ChaosWorld } from './chaos-world.ts'

const patient = { timeout: 60_000, interval: 100 }

test('the issuer’s keys are changed, and then nothing is heard of it while it changes them again', {
  timeout: 600_000,
}, async () => {
  await using world = await ChaosWorld.open()
  const replicas = [await world.replica(), await world.replica()]
  const [first] = replicas as [ChaosReplica]
  const { issuer } = world
  const old = await world.onboard(first, 'acme')
  const asked = async (at: ChaosReplica, authorization: string) => {
    const { status, json } = await at.public({ path: '/documents', authorization })
    return status === 200 ? 200 : json.code
  }
  for (const at of replicas) expect(await asked(at, old)).toBe(200)

  // A key is taken back: tokens of the new one are served on every replica, those of the old one refused.
  await issuer.rotate()
  const current = await issuer.tenant('acme')
  for (const at of replicas) {
    expect(await asked(at, current)).toBe(200)
    expect(await asked(at, old)).toBe('unauthenticated')
  }

  // The issuer is away: what is known is served, what is not is no pass and no refusal.
  issuer.answer = { status: 500, body: '' }
  await issuer.rotate({ keepOld: true })
  const unknown = await issuer.tenant('acme')
  const other = await issuer.tenant('nobody')
  for (const at of replicas) {
    expect(await asked(at, current)).toBe(200)
    expect(await asked(at, unknown)).toBe('identity_unavailable')
    expect(await asked(at, other)).toBe('identity_unavailable')
    expect(await asked(at, old)).toMatch(/^unauthenticated$|^identity_unavailable$/)
    expect((await at.admin({ path: '/readyz', authorization: '' })).status).toBe(200)
  }
  issuer.answer = undefined
  for (const at of replicas) {
    await expect.poll(() => asked(at, unknown), patient).toBe(200)
    expect(await asked(at, current)).toBe(200)
    await expect.poll(() => asked(at, old), patient).toBe('unauthenticated')
  }
})
