import { expect, test } from 'vitest'
import type { MovePoint } from '../../src/moves/sync/step.ts'
import { expectStatus } from '../support/expect-status.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** Two replicas on a project with one shared index, in which the tenants are, and room for two more. */
class FullProject implements AsyncDisposable {
  readonly world: ServiceWorld
  readonly replicas: readonly [ServiceReplica, ServiceReplica]
  readonly hold: PromiseWithResolvers<void>
  readonly #staff: string

  private constructor(
    world: ServiceWorld,
    replicas: readonly [ServiceReplica, ServiceReplica],
    hold: PromiseWithResolvers<void>,
    staff: string,
  ) {
    this.world = world
    this.replicas = replicas
    this.hold = hold
    this.#staff = staff
  }

  /** No move gets past the making of its index before `hold` is resolved. */
  static async open(tenants: readonly string[]): Promise<FullProject> {
    const world = await ServiceWorld.open()
    const hold = Promise.withResolvers<void>()
    const overrides = {
      atMovePoint: async (point: MovePoint) => (point === 'prepare: index made' ? hold.promise : undefined),
    }
    const env = { PROJECT_INDEX_LIMIT: '3' }
    const replicas = [await world.replica(env, overrides), await world.replica(env, overrides)] as const
    const project = new FullProject(world, replicas, hold, await world.issuer.staff('platform'))
    for (const id of tenants) expectStatus(await project.ask(0, '/tenants', { id, name: id }), 201)
    return project
  }

  ask(replica: number, path: string, body?: unknown): Promise<Answer> {
    return this.replicas[replica % 2 === 0 ? 0 : 1].admin({ path, authorization: this.#staff, body })
  }

  promote(replica: number, tenant: string): Promise<Answer> {
    return this.ask(replica, `/tenants/${tenant}/moves`, { kind: 'promote' })
  }

  async soaks({ json }: Answer): Promise<void> {
    const state = async () => {
      const { json: move } = await this.ask(0, `/moves/${json.id}`)
      return move.error === null ? move.state : `${move.state}: ${move.error}`
    }
    await expect.poll(state, { timeout: 60_000 }).toBe('soaking')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hold.resolve()
    await this.world[Symbol.asyncDispose]()
  }
}

const tenants = ['acme', 'berlin', 'cairo', 'delhi', 'essen']

test('of promotes asked for at once at two replicas as many are accepted as indexes are free, and none fails later', async () => {
  await using project = await FullProject.open(tenants)
  const answers = await Promise.all(tenants.map((tenant, at) => project.promote(at, tenant)))
  const accepted = answers.filter(({ status }) => status === 202)
  const refused = answers.filter(({ status }) => status !== 202)
  expect(accepted).toHaveLength(2)
  expect(refused.map(({ status, json }) => [status, json.code])).toEqual(Array(3).fill([409, 'index_limit_reached']))
  project.hold.resolve()
  for (const answer of accepted) await project.soaks(answer)
})

test.each([
  ['queued', []],
  ['paused', ['pause']],
])('a promote cancelled while %s gives its index back at once, though nothing was made of it', async (_, before) => {
  await using project = await FullProject.open(tenants)
  const first = await project.promote(0, 'acme')
  await expect.poll(async () => (await project.ask(0, `/moves/${first.json.id}`)).json.state).toBe('preparing')
  const second = await project.promote(1, 'berlin')
  expect(second.json).toMatchObject({ state: 'queued', target: { kind: 'silo' } })
  expect((await project.promote(0, 'cairo')).json).toMatchObject({ code: 'index_limit_reached' })
  for (const verb of before) await project.ask(0, `/moves/${second.json.id}/${verb}`, {})

  const cancelled = await project.ask(0, `/moves/${second.json.id}/cancel`, {})
  expect([cancelled.status, cancelled.json]).toEqual([
    202,
    expect.objectContaining({ state: 'cancelled', error: null }),
  ])
  const third = await project.promote(1, 'cairo')
  expect([third.status, third.json]).toEqual([202, expect.objectContaining({ state: 'queued' })])
  expect((await project.promote(0, 'delhi')).json).toMatchObject({ code: 'index_limit_reached' })

  project.hold.resolve()
  await project.soaks(first)
  await project.soaks(third)
  expect(
    await project.world.home.sql`select 1 from cleanups where move_id = ${second.json.id} and done_at is null`,
  ).toEqual([])
  const again = await project.ask(0, '/tenants/berlin')
  expect(again.json).toMatchObject({ placement: { kind: 'pool' }, move: null })
})
