import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Listener, listen } from '../../src/http/listen.ts'
import { expectStatus } from '../support/expect-status.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'
import { fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'
import { runInTerminal, startInTerminal } from './run-in-terminal.ts'

let world: ServiceWorld
let replica: ServiceReplica
let listener: Listener
let env: Record<string, string>

beforeEach(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  await openListener(0)
  const authorization = await world.issuer.staff('platform')
  env = { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: authorization.replace('Bearer ', '') }
  const app = await world.onboard(replica, 'acme')
  const body = { text: 'Refunds take 14 days.' }
  expectStatus(await replica.public({ method: 'PUT', path: '/documents/a', authorization: app, body }), 201)
})
afterEach(() => world[Symbol.asyncDispose]())

async function openListener(port: number): Promise<void> {
  listener = world.stack.use(await listen(replica.services.adminApp, { host: '127.0.0.1', port, closeLimitMs: 100 }))
}

/** Keeps a move from its end until it is let go: nothing can be compared. */
function hold(): void {
  world.local.local.setFaults({ rules: [{ fault: 'error', status: 503, on: 'fetch' }] })
}

function letGo(): void {
  world.local.local.setFaults({ rules: [] })
}

test('a promote that a colleague cancels ends with 1, and says where the tenant is', async () => {
  hold()
  const run = startInTerminal(['promote', 'acme', '--yes'], env)
  await run.shown('… ')
  const { items } = JSON.parse((await runCli(['moves', 'list', '--json'], env)).out)
  const cancelled = startInTerminal(['moves', 'cancel', items[0].id.slice(0, 8), '--yes'], env)
  await cancelled.shown('Asked for.')
  letGo()
  const { code, lines } = await run.ended
  expect([code, lines.at(-1)]).toEqual([1, 'The move was cancelled; tenant acme is where it was.'])
  expect(lines.some((line) => /^– .*: cancelled$/.test(line))).toBe(true)
  const theirs = await cancelled.ended
  expect([theirs.code, theirs.lines.at(-1)]).toEqual([0, 'The move was cancelled; tenant acme is where it was.'])
})

test('a rollback is watched to its end, and so are a drain and a deletion, which shows its receipt', async () => {
  expect((await runInTerminal(['promote', 'acme', '--yes'], env)).code).toBe(0)
  const { items } = JSON.parse((await runCli(['moves', 'list', '--json'], env)).out)
  const back = await runInTerminal(['moves', 'rollback', items[0].id.slice(0, 8), '--yes'], env)
  expect([back.code, back.lines.at(-1)]).toEqual([0, 'The move was rolled back; tenant acme is where it was.'])

  expect((await runCli(['indexes', 'add', '--yes'], env)).code).toBe(0)
  const drained = await runInTerminal(['rebalance', '--drain', 'tr-pool-1', '--yes'], env)
  expect([drained.code, drained.lines]).toEqual([
    0,
    [
      '1 move(s) are queued. Ctrl-C leaves them running.',
      '1 tenant(s) of index tr-pool-1 are served from another one.',
    ],
  ])
  const rebalanced = JSON.parse((await runCli(['moves', 'list', '--json'], env)).out).items[0]
  expect(rebalanced).toMatchObject({ kind: 'rebalance', state: 'soaking' })
  expect((await runCli(['moves', 'complete', rebalanced.id, '--yes'], env)).code).toBe(0)

  const gone = await runInTerminal(['tenants', 'offboard', 'acme', '--yes'], env)
  expect(gone.code).toBe(0)
  expect(gone.lines[0]).toBe('Tenant acme is no longer served. Ctrl-C leaves the deletion running.')
  expect(gone.lines.join('\n')).toMatch(/^tenant +acme$[\s\S]*^ {2}documents: 1 → 0$/m)
  const again = await runCli(['tenants', 'receipt', 'acme', '--json'], env)
  expect(JSON.parse(again.out).receipt).toMatchObject({ tenantId: 'acme' })
})

test('a dry run says what is and what would be, and changes nothing', async () => {
  const before = JSON.parse((await runCli(['audit', 'list', '--json'], env)).out).items.length
  const dry = async (...words: string[]) => {
    const { code, out } = await runCli([...words, '--dry-run'], env)
    return [code, out] as const
  }
  expect(await dry('tenants', 'suspend', 'acme')).toEqual([
    0,
    [
      'Tenant acme (acme) is active, standard, shared now.',
      'Would suspend tenant acme. Its app is refused from then on. Nothing was changed.',
      'The request would be POST /tenants/acme/suspend',
      '',
    ].join('\n'),
  ])
  expect(await dry('tenants', 'offboard', 'acme')).toEqual([0, expect.stringContaining('Would delete tenant acme and')])
  expect(await dry('promote', 'acme')).toEqual([0, expect.stringMatching(/records +1, about[\s\S]*Would promote/)])
  expect(await dry('attributes', 'set', 'acme', 'crmId=1')).toEqual([
    0,
    expect.stringMatching(/^Tenant acme .* now\.\nWould set crmId to "1" of tenant acme\. Nothing was changed\.$/m),
  ])
  expect(await dry('limits', 'set', 'acme', 'requestsPerMinute=6')).toEqual([
    0,
    expect.stringContaining('Would give tenant acme requestsPerMinute 6. Nothing was changed.'),
  ])
  const index = 'Index tr-pool-1 has 1 tenant now.'
  const acme = 'Tenant acme (acme) is active, standard, shared now.'
  const verbs: Readonly<Record<string, readonly string[]>> = {
    'rebalance --drain tr-pool-1': [index],
    'indexes reopen tr-pool-1': [index],
    'indexes reopen nowhere': ['There is no index nowhere in the registry now.'],
    'indexes adopt help-centre': ['There is no index help-centre in the registry now.'],
    'indexes seal tr-pool-1 --old-key-revoked': [index],
    'indexes add': ['There is 1 shared index now, with 1 of 10000 namespaces in use.'],
    'tenants create bolt': ['There is no tenant bolt now.'],
    'tenants create acme': [acme, 'The same content again would change nothing, and other content would be refused.'],
    'tenants tag acme enterprise': [acme],
    'tenants tag acme standard': [acme, 'It is tagged so already: nothing would change.'],
    'tenants resume acme': [acme, 'It is active already: nothing would change.'],
    'tenants fields acme --text-field body': [acme],
    'tenants inventory acme --document-field id': [acme],
    'keys create --tenant acme': [acme],
    'reconcile accept acme': [acme, 'The server would refuse it: it is active, and not held.'],
    'prove-isolation': ['No run was made yet.'],
    'limits clear acme': [acme],
  }
  for (const [words, lines] of Object.entries(verbs)) {
    const [code, out] = await dry(...words.split(' '))
    expect([words, code, out.split('\n').slice(0, lines.length)]).toEqual([words, 0, lines])
    expect(out.split('\n')[lines.length], words).toMatch(/^Would .*\. Nothing was changed\.$/)
  }
  const asJson = JSON.parse((await dry('indexes', 'add', '--json'))[1])
  expect(asJson).toEqual({ dryRun: true, now: verbs['indexes add'], method: 'POST', path: '/indexes', body: {} })
  const unknown = await runCli(['tenants', 'suspend', 'acm', '--dry-run'], env)
  expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining('404 not_found')])
  expect(JSON.parse((await runCli(['audit', 'list', '--json'], env)).out).items).toHaveLength(before)
})

test('a dry run of what was done before says whether it can be taken back', async () => {
  const dry = async (...words: string[]) => (await runCli([...words, '--dry-run'], env)).out.split('\n').slice(0, 2)
  const authorization = await world.issuer.staff('platform')
  const text = 'id,owner\nacme,Mira'
  const { id } = (await replica.admin({ path: '/tenants/import', authorization, body: { text } })).json
  expect(await dry('tenants', 'undo-import', id)).toEqual([
    `Import ${id} is applied now: 0 new, 1 changed.`,
    expect.stringMatching(/^It can be undone until 20/),
  ])
  expect((await runCli(['tenants', 'undo-import', id, '--yes'], env)).code).toBe(0)
  expect((await dry('tenants', 'undo-import', id))[1]).toBe('The server would refuse it: it is undone.')
  const made = await runCli(['keys', 'create', '--tenant', 'acme', '--name', 'bot', '--yes', '--json'], env)
  const keyId = JSON.parse(made.out).id
  for (const verb of ['rotate', 'revoke']) {
    const [now, would] = await dry('keys', verb, keyId, '--tenant', 'acme')
    expect([now, would]).toEqual([`Key ${keyId} (bot) of tenant acme is active now.`, expect.stringMatching(/^Would/)])
  }
  const deliveries = [{ hook: 'crm', state: 'failed', error: 'answered 500' }]
  const items = [{ id: 'msg_0b6f1f0e', type: 'tenant.tagged', tenantId: 'acme', deliveries }]
  await using admin = await fakeAdmin(() => [200, { items, nextCursor: null }])
  const asked = await runCli(['notices', 'resend', 'msg_0b6f', '--dry-run'], { ...env, TENANT_ROUTER_URL: admin.url })
  expect(asked.out.split('\n')[0]).toBe(
    'Event msg_0b6f1f0e is tenant.tagged of acme. Deliveries now: crm failed (answered 500).',
  )
  expect(admin.seen.every(({ method }) => method === 'GET')).toBe(true)
})

test('attributes that a colleague changes while the question stands are shown, and not overwritten', async () => {
  const authorization = await world.issuer.staff('platform')
  const asked = startInTerminal(['attributes', 'set', 'acme', 'owner=Sam'], env)
  await asked.shown('Set owner to "Sam" of tenant acme?')
  const body = { attributes: { owner: 'Mira' } }
  expectStatus(await replica.admin({ method: 'PATCH', path: '/tenants/acme', authorization, body }), 200)
  asked.press('y')
  const { code, raw } = await asked.ended
  expect([code, raw.replaceAll(/\s+/g, ' ')]).toEqual([
    3,
    expect.stringContaining('Somebody has changed the tenant meanwhile: owner is "Mira" by now.'),
  ])
  const { attributes } = JSON.parse((await runCli(['tenants', 'show', 'acme', '--json'], env)).out)
  expect(attributes).toEqual({ owner: 'Mira' })
  const again = await runCli(['attributes', 'set', 'acme', 'owner=Sam', '--yes'], env)
  expect([again.code, again.out]).toEqual([0, 'owner  Sam\n'])
})

test('limits and attributes are set beside those that are there, shown, and taken away', async () => {
  expect((await runCli(['limits', 'set', 'acme', 'requestsPerMinute=60', '--yes'], env)).code).toBe(0)
  const both = await runCli(['limits', 'set', 'acme', 'requestsPerDay=900', '--for', '7d', '--yes'], env)
  expect(both.out).toMatch(/^requestsPerMinute\t60\t\d+\tminute\ttenant\t20/m)
  expect(both.out).toMatch(/^requestsPerDay\t900\t\d+\tday\ttenant\t20/m)
  const less = await runCli(['limits', 'set', 'acme', 'requestsPerDay=800', '--yes'], env)
  expect(less.out, 'their end stays').toMatch(/^requestsPerDay\t800\t\d+\tday\ttenant\t20/m)
  const left = await runCli(['limits', 'clear', 'acme', 'requestsPerDay', '--yes'], env)
  expect(left.out).toMatch(/^requestsPerMinute\t60\t/m)
  expect(left.out).not.toContain('requestsPerDay\t900')
  expect((await runCli(['attributes', 'set', 'acme', 'crmId=001', 'owner=Sam', '--yes'], env)).code).toBe(0)
  expect((await runCli(['attributes', 'unset', 'acme', 'owner', '--yes'], env)).out).toBe('crmId  001\n')
  const shown = await runCli(['attributes', 'show', 'acme', '--json'], env)
  expect(JSON.parse(shown.out)).toEqual({ crmId: '001' })
  const wrong = await runCli(['attributes', 'unset', 'acme', 'owner', '--yes'], env)
  expect([wrong.code, wrong.err]).toEqual([2, 'Tenant acme has no attribute owner.\n'])
})

test('documents are uploaded, listed and deleted as the tenant’s app would', async () => {
  const app = world.stack.use(await listen(replica.services.publicApp, { host: '127.0.0.1', port: 0 }))
  const token = (await world.issuer.tenant('acme')).replace('Bearer ', '')
  const asApp = { TENANT_ROUTER_PUBLIC_URL: app.url, TENANT_ROUTER_TENANT_TOKEN: token }
  const of = ['--tenant', 'acme']
  const uploaded = await runCli(['documents', 'upload', 'CONTRIBUTING.md', '--id', 'rules', ...of, '--yes'], asApp)
  expect([uploaded.code, uploaded.out]).toEqual([0, expect.stringMatching(/^Document rules: ready, \d+ chunk/)])
  const { out } = await runCli(['documents', 'list', ...of], asApp)
  expect(out.split('\n').map((line) => line.split('\t').slice(0, 2))).toEqual([
    ['ID', 'STATUS'],
    ['a', 'ready'],
    ['rules', 'ready'],
    [''],
  ])
  const dry = await runCli(['documents', 'delete', 'rules', ...of, '--dry-run'], asApp)
  expect(dry.out).toMatch(/^Document rules is ready, with \d+ chunk\(s\), now\.$/m)
  const upload = async (...words: string[]) =>
    (await runCli(['documents', 'upload', 'CONTRIBUTING.md', ...words, ...of, '--dry-run'], asApp)).out
  expect(await upload('--id', 'rules')).toMatch(
    /^Document rules is ready, .* now: it would be replaced\.\nWould upload/,
  )
  expect(await upload('--id', 'other')).toMatch(/^There is no document other now\.\nWould upload/)
  expect((await runCli(['documents', 'delete', 'rules', ...of, '--yes'], asApp)).out).toBe(
    'Document rules is deleted.\n',
  )
  expect((await runCli(['documents', 'show', 'rules', ...of], asApp)).code).toBe(3)
})
