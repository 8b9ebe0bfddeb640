import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { runCli } from '../cli/run-cli.ts'
import { expectStatus } from '../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

let world: ServiceWorld
let replica: ServiceReplica
let other: ServiceReplica
let as: Record<'ann' | 'bob' | 'sales' | 'auditor', string>
beforeAll(async () => {
  world = await ServiceWorld.open()
  const settings = { APPROVALS: 'offboard promote import' }
  replica = await world.replica(settings)
  other = await world.replica(settings)
  const { issuer } = world
  const person = async (sub: string) => `Bearer ${await issuer.token({ sub, roles: ['platform'] })}`
  as = {
    ann: await person('ann'),
    bob: await person('bob'),
    sales: await issuer.staff('sales'),
    auditor: await issuer.staff('auditor'),
  }
})
afterAll(() => world[Symbol.asyncDispose]())

const ask = (who: keyof typeof as, method: string, path: string, body?: unknown, to = replica, headers = {}) =>
  to.admin({ method, path, authorization: as[who], body, headers })
const tenantOf = async (id: string) => (await ask('auditor', 'GET', `/tenants/${id}`)).json
const statusOf = async (approval: string) => (await ask('auditor', 'GET', `/approvals/${approval}`)).json.status

let turn = 0
let acme: string
beforeEach(async () => {
  turn += 1
  acme = `acme-${turn}`
  await world.onboard(replica, acme)
})

/** Ann asks for the tenant's deletion. */
const asked = async (): Promise<string> => {
  const answer = expectStatus(await ask('ann', 'DELETE', `/tenants/${acme}`), 202)
  expect(answer.json).toMatchObject({
    status: 'awaiting_approval',
    verb: 'offboard',
    subject: acme,
    requestedBy: 'ann',
  })
  expect(answer.headers.get('location')).toBe(`/approvals/${answer.json.id}`)
  return answer.json.id
}

describe('an offboarding', () => {
  test('waits for a second person, who has it carried out on any replica', async () => {
    const id = await asked()
    expect((await tenantOf(acme)).status).toBe('active')
    expect((await ask('ann', 'DELETE', `/tenants/${acme}`, undefined, other)).json.id).toBe(id)
    expect(await ask('ann', 'POST', `/approvals/${id}/approve`)).toMatchObject({
      status: 403,
      json: { detail: expect.stringContaining('a second person') },
    })
    expectStatus(await ask('sales', 'POST', `/approvals/${id}/approve`), 403)
    const approved = expectStatus(await ask('bob', 'POST', `/approvals/${id}/approve`, undefined, other), 200)
    expect(approved.json).toMatchObject({ status: 'approved', decidedBy: 'bob', location: `/tenants/${acme}` })
    await expect.poll(async () => (await tenantOf(acme)).status, { timeout: 60_000 }).toBe('offboarded')
    expect((await ask('bob', 'POST', `/approvals/${id}/approve`)).json).toEqual(approved.json)
    // What is done needs nobody: a repeat shows the receipt.
    expect((await ask('ann', 'DELETE', `/tenants/${acme}`)).json).toMatchObject({ status: 'offboarded' })
    const { items } = (await ask('auditor', 'GET', `/audit?tenantId=${acme}&action=approval.`)).json
    expect(items.map((deed: { action: string; actor: string }) => [deed.actor, deed.action])).toEqual([
      ['bob', 'approval.approve'],
      ['ann', 'approval.ask'],
    ])
  })

  test('is void when what was shown has changed, and nothing is deleted', async () => {
    const id = await asked()
    expectStatus(await ask('sales', 'PATCH', `/tenants/${acme}`, { tier: 'enterprise' }), 200)
    expect(await ask('bob', 'POST', `/approvals/${id}/approve`)).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining('tier is "enterprise" by now, and was "standard"') },
    })
    expect(await statusOf(id)).toBe('void')
    expect((await tenantOf(acme)).status).toBe('active')
    expectStatus(await ask('bob', 'POST', `/approvals/${id}/approve`), 409)
    const again = await asked()
    expect(again).not.toBe(id)
    expectStatus(await ask('bob', 'POST', `/approvals/${again}/approve`), 200)
  })

  test('is rejected with a reason, or withdrawn by who asked', async () => {
    const id = await asked()
    const note = { 'x-change-note': encodeURIComponent('still under contract') }
    const rejected = await ask('bob', 'POST', `/approvals/${id}/reject`, undefined, replica, note)
    expect(rejected.json).toMatchObject({ status: 'rejected', decidedBy: 'bob', reason: 'still under contract' })
    expectStatus(await ask('bob', 'POST', `/approvals/${id}/approve`), 409)
    const second = await asked()
    expect((await ask('ann', 'POST', `/approvals/${second}/reject`)).json.status).toBe('rejected')
    expect((await tenantOf(acme)).status).toBe('active')
  })

  test('expires after a week', async () => {
    const id = await asked()
    await world.home.sql`update approvals set expires_at = now() where id = ${id}`
    expect(await statusOf(id)).toBe('expired')
    expectStatus(await ask('bob', 'POST', `/approvals/${id}/approve`), 409)
    expect((await tenantOf(acme)).status).toBe('active')
    expect(await asked()).not.toBe(id)
  })

  test('of two approvals at once one is carried out, and both show the outcome', async () => {
    const id = await asked()
    const both = await Promise.all(
      [replica, other].map((to) => ask('bob', 'POST', `/approvals/${id}/approve`, undefined, to)),
    )
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    const { items } = (await ask('auditor', 'GET', `/audit?tenantId=${acme}&action=tenant.offboard`)).json
    expect(items).toHaveLength(1)
  })
})

test('a promote is queued by the second person; one that would be refused is refused at once', async () => {
  const waits = expectStatus(await ask('ann', 'POST', `/tenants/${acme}/moves`, { kind: 'promote' }), 202).json
  expect(waits).toMatchObject({ status: 'awaiting_approval', plan: { kind: 'promote', into: { region: 'us-east-1' } } })
  const { json } = expectStatus(await ask('bob', 'POST', `/approvals/${waits.id}/approve`), 200)
  expect(json.location).toMatch(/^\/moves\//)
  expect((await ask('auditor', 'GET', json.location)).json).toMatchObject({ tenantId: acme, kind: 'promote' })
  expectStatus(await ask('ann', 'POST', `/tenants/${acme}/moves`, { kind: 'demote' }), 409)
  expectStatus(await ask('ann', 'POST', `/tenants/${acme}/moves`, { kind: 'promote', plan: true }), 200)
})

test('an import waits too, and a verb that is not named does not', async () => {
  const { json } = await ask('sales', 'POST', '/tenants/import', { text: `id,tier\n${acme},enterprise\n` })
  expect(json).toMatchObject({ status: 'awaiting_approval', verb: 'import', plan: { changed: 1 } })
  expect((await tenantOf(acme)).tier).toBe('standard')
  expectStatus(await ask('bob', 'POST', `/approvals/${json.id}/approve`), 200)
  expect((await tenantOf(acme)).tier).toBe('enterprise')
  expectStatus(await ask('ann', 'POST', `/tenants/${acme}/suspend`), 200)
})

test('the command line says what waits, and approves it', async () => {
  const listener = world.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port: 0 }))
  const run = (who: 'ann' | 'bob', ...args: string[]) =>
    runCli(args, { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: as[who].replace('Bearer ', '') })
  const first = await run('ann', 'tenants', 'offboard', acme, '--note', 'contract ended', '--yes')
  expect(first.code).toBe(0)
  const id = /approvals approve (\S+)/.exec(first.out)?.[1] ?? ''
  const listed = await run('bob', 'approvals', 'list')
  expect(listed.out).toMatch(new RegExp(`${id}\toffboard\t${acme}\tawaiting_approval\tann.*contract ended`))
  expect(await run('ann', 'approvals', 'approve', id, '--yes')).toMatchObject({ code: 3 })
  expect(await run('bob', 'approvals', 'approve', id, '--yes')).toMatchObject({ code: 0 })
  await expect.poll(async () => (await tenantOf(acme)).status, { timeout: 60_000 }).toBe('offboarded')
})

test('a verb that is none is named at start', async () => {
  await expect(world.replica({ APPROVALS: 'offboard, delete' })).rejects.toThrow('APPROVALS')
})
