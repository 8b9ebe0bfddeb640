import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../../src/embedded/issuer.ts'
import { testDatabase } from '../support/database.ts'
import { copying } from './copying-move.ts'
import { Frames, fakeAdmin } from './fake-admin.ts'
import { runCli, startCli } from './run-cli.ts'
import { runInTerminal } from './run-in-terminal.ts'

const settings = {
  issuer: 'urn:tenant-router:development',
  audience: 'tenant-router',
  tenantClaim: 'tenant_id',
  groupsClaim: 'groups',
  rolesClaim: 'roles',
}

async function issuerFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-cli-'))
  await openIssuer(folder, settings)
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

const acme = { id: 'acme', name: 'Acme', tier: 'standard', status: 'active' }

describe('wrong use ends with 2 and a sentence', () => {
  test.each([
    [['tenants', 'nope'], "unknown command 'nope'"],
    [['tenants', 'tag', 'acme', 'gold'], 'Allowed choices are standard, enterprise'],
    [['promote'], "missing required argument 'id'"],
    [['tenants', 'list'], 'TENANT_ROUTER_TOKEN is not set'],
    [['token'], 'Name the token'],
    [['token', '--tenant', 'a', '--role', 'platform'], 'cannot be used with'],
    [['token', '--tenant', 'a/b'], 'A tenant id has 1 to 64'],
    [['token', '--tenant', 'a', '--scope', 'rag:all'], 'There is no scope rag:all'],
    [['migrate', '--yes'], 'DATABASE_URL is missing'],
    [['tenants', 'suspend', 'acme'], 'Nobody can be asked here: pass --yes'],
    [['keys', 'create', '--yes'], "required option '--tenant <id>'"],
    [['keys', 'create', '--tenant', 'a', '--expires', '90'], 'a number and a unit, as in 90s'],
    [['keys', 'create', '--tenant', 'a', '--scope', 'rag:all', '--yes'], 'There is no scope rag:all'],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await runCli(args)
    expect(err).toContain(sentence)
    expect([code, out]).toEqual([2, ''])
  })
})

test('a name of 500 characters leaves the other columns of a table in sight, and is whole in a pipe and in JSON', async () => {
  const key = { id: 'k1', name: 'n'.repeat(500), state: 'active', scopes: ['rag:read'], groups: null }
  await using admin = await fakeAdmin(() => [200, { items: [key], nextCursor: null }])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 't' }
  const { raw } = await runInTerminal(['keys', 'list', '--tenant', 'acme'], env)
  expect(raw).toMatch(/^k1 +n+… +active +rag:read/m)
  const { out } = await runCli(['keys', 'list', '--tenant', 'acme'], env)
  expect(out).toContain(`k1\t${key.name}\tactive\trag:read`)
  expect(JSON.parse((await runCli(['keys', 'list', '--tenant', 'acme', '--json'], env)).out).items).toEqual([key])
})

test('every verb has an example in its help', async () => {
  for (const verb of [
    ['promote'],
    ['tenants', 'create'],
    ['moves', 'watch'],
    ['indexes', 'add'],
    ['keys', 'rotate'],
    ['token'],
    ['serve'],
  ]) {
    const { code, out } = await runCli([...verb, '--help'])
    expect(code).toBe(0)
    expect(out).toMatch(/Example:\n.*tenant-router /)
  }
})

test('a token of the development issuer is all that is printed', async () => {
  await using data = await issuerFolder()
  const args = ['token', '--tenant', 'acme', '--groups', 'hr,legal', '--scope', 'rag:read']
  const { code, out } = await runCli(args, { DATA_DIR: data.folder })
  expect(code).toBe(0)
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  expect(decodeJwt(out.trim())).toMatchObject({ tenant_id: 'acme', groups: ['hr', 'legal'], scope: 'rag:read' })
  const staff = await runCli(['token', '--role', 'sales', '--json'], { DATA_DIR: data.folder })
  expect(decodeJwt(JSON.parse(staff.out).token)).toMatchObject({ roles: ['sales'], aud: 'tenant-router' })
})

test('a new key is all that is printed, and lists show keys without secrets', async () => {
  const issued = { id: '0123456789abcdef', key: 'trk_0123456789abcdef_00', expiresAt: null }
  await using admin = await fakeAdmin(({ method }) =>
    method === 'POST'
      ? [201, issued]
      : [200, { items: [{ id: issued.id, name: 'bot', state: 'active', scopes: ['rag:read'], groups: null }] }],
  )
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const create = ['keys', 'create', '--tenant', 'acme', '--groups', 'hr,legal', '--expires', '90d', '--yes']
  const made = await runCli(create, env)
  expect([made.code, made.out]).toEqual([0, `${issued.key}\n`])
  expect(admin.seen.at(-1)).toMatchObject({
    method: 'POST',
    path: '/tenants/acme/keys',
    body: { name: 'app', scopes: ['rag:read', 'rag:write'], groups: ['hr', 'legal'], expiresInS: 90 * 86_400 },
  })
  const rotated = await runCli(['keys', 'rotate', issued.id, '--tenant', 'acme', '--overlap', '30m', '--yes'], env)
  expect([rotated.code, rotated.out]).toEqual([0, `${issued.key}\n`])
  expect(admin.seen.at(-1)).toMatchObject({
    path: `/tenants/acme/keys/${issued.id}/rotate`,
    body: { overlapS: 1_800 },
  })
  const listed = await runCli(['keys', 'list', '--tenant', 'acme'], env)
  expect(listed.out).toContain(`${issued.id}\tbot\tactive\trag:read`)
  await runCli(['keys', 'revoke', issued.id, '--tenant', 'acme', '--yes'], env)
  expect(admin.seen.at(-1)).toMatchObject({ method: 'DELETE', path: `/tenants/acme/keys/${issued.id}` })
})

test('without a development issuer there is no token, and the way to one is said', async () => {
  const { code, err } = await runCli(['token', '--role', 'platform'])
  expect(code).toBe(1)
  expect(err).toContain('"npm start" makes one')
})

test('a list is a table for people, and one document for scripts', async () => {
  const second = { ...acme, id: 'bolt', tier: 'enterprise', awaitingPromotion: true }
  await using admin = await fakeAdmin(({ path }) => [
    200,
    path.includes('cursor=') ? { items: [second], nextCursor: null } : { items: [acme], nextCursor: 'c1' },
  ])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const table = await runCli(['tenants', 'list'], env)
  expect(table.code).toBe(0)
  expect(table.out.split('\n').slice(0, 3)).toEqual([
    'ID\tNAME\tTIER\tSTATUS\tPLACE\tPROMOTION',
    'acme\tAcme\tstandard\tactive\tnowhere\t',
    'bolt\tAcme\tenterprise\tactive\tnowhere\tawaiting',
  ])
  const document = await runCli(['tenants', 'list', '--json'], env)
  expect(JSON.parse(document.out)).toEqual({ items: [acme, second], nextCursor: null })
  expect(admin.seen[0]).toMatchObject({ method: 'GET', token: 'staff' })
})

test('names that others gave cannot act on the terminal: they are printed as text', async () => {
  const evil = 'A\u001b[2J\u009b31m\u202eB\nlast  row'
  const shown = 'A\\u001b[2J\\u009b31m\\u202eB last row'
  const move = { ...copying, id: 'm1', state: 'failed', gate: evil, error: evil }
  const problem = { code: 'conflict', detail: evil, faults: [{ path: evil, message: evil }] }
  await using admin = await fakeAdmin(({ method, path }) => {
    if (method !== 'GET') return [409, problem]
    if (path === '/moves/m1') return [200, move]
    if (path.startsWith('/moves')) return [200, { items: [move], nextCursor: null }]
    if (path.startsWith('/tenants?')) return [200, { items: [{ ...acme, name: evil }], nextCursor: null }]
    return [200, { ...acme, name: evil, attributes: { [evil]: evil }, [evil]: 1 }]
  })
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const verbs = [
    ['tenants', 'list'],
    ['tenants', 'show', 'acme'],
    ['moves', 'list'],
    ['moves', 'show', 'm1'],
    ['moves', 'watch', 'm1'],
    ['tenants', 'tag', 'acme', 'enterprise', '--yes'],
  ]
  for (const verb of verbs) {
    const { out, err } = await runCli(verb, env)
    // Where a text is wrapped, its line ends go as blanks do.
    const said = `${out}${err}`.replaceAll('\\u000alast  row', ' last row')
    expect([verb, said]).toEqual([verb, expect.stringContaining(shown)])
    // A tab stands between the cells of a table.
    expect(`${out}${err}`).not.toMatch(/[^\P{Cc}\n\t]|\u202e|^last {2}row/mu)
    const json = await runCli([...verb, '--json'], env)
    expect(`${json.out}${json.err}`).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  }
  const document = await runCli(['tenants', 'list', '--json'], env)
  expect(JSON.parse(document.out).items[0].name).toBe(evil)
}, 120_000)

test('advice is a table with the reasons, the silos that are left and the models that end', async () => {
  const advised = { tenantId: 'acme', advice: 'promote', reasons: ['it is large', 'it is busy'], since: '2026-11-21' }
  const inTheWay = { words: 'A demote is under way' }
  const items = [
    { ...advised, inTheWay: null },
    { ...advised, tenantId: 'globex', inTheWay },
  ]
  const end = { words: 'ada ends on 2027-04-15: 2 tenants.', source: 'a page', asOf: '2026-11-30' }
  const list = { items, nextCursor: null, silosLeft: 7, lookedAt: '2026-11-21T10:00:00Z', modelEnds: [end] }
  await using admin = await fakeAdmin(() => [200, list])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const table = await runCli(['advise'], env)
  const [look, ends] = ['Last look: 2026-11-21T10:00:00Z. Silos left: 7.', `${end.words} (a page, list of 2026-11-30)`]
  expect([table.code, table.err]).toEqual([0, `${look}\n${ends}\n`])
  expect(table.out.split('\n')).toEqual([
    'TENANT\tADVICE\tSINCE\tBECAUSE',
    'acme\tpromote\t2026-11-21\tit is large; it is busy',
    'globex\tpromote\t2026-11-21\tit is large; it is busy. A demote is under way',
    '',
  ])
  expect(JSON.parse((await runCli(['advise', '--json'], env)).out)).toEqual(list)
})

test('the report of a move is JSON to keep', async () => {
  const report = { moveId: 'm1', ranges: [{ firstId: 'a', lastId: 'z', records: 3, digest: 'd' }] }
  await using admin = await fakeAdmin(({ path }) => (path === '/moves/m1/report' ? [200, report] : [500, {}]))
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const { code, out } = await runCli(['moves', 'show', 'm1', '--report'], env)
  expect([code, JSON.parse(out)]).toEqual([0, report])
})

test('a dry run says what is now and what it would send, and changes nothing', async () => {
  await using admin = await fakeAdmin(() => [404, { code: 'not_found', detail: 'There is no such tenant.' }])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const { code, out } = await runCli(['tenants', 'create', 'acme', '--name', 'Acme', '--dry-run', '--json'], env)
  expect(code).toBe(0)
  expect(JSON.parse(out)).toEqual({
    dryRun: true,
    now: ['There is no tenant acme now.'],
    method: 'POST',
    path: '/tenants',
    body: { id: 'acme', name: 'Acme', tier: 'standard' },
  })
  expect(admin.seen.map(({ method, path }) => [method, path])).toEqual([['GET', '/tenants/acme']])
})

test('verbs send what the contract says', async () => {
  await using admin = await fakeAdmin(() => [200, { id: 'm1' }])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const verbs = [
    [['tenants', 'tag', 'acme', 'enterprise'], 'PATCH /tenants/acme', { tier: 'enterprise' }],
    [['tenants', 'resume', 'acme'], 'POST /tenants/acme/resume', undefined],
    [['tenants', 'offboard', 'acme', '--no-watch'], 'DELETE /tenants/acme', undefined],
    [['promote', 'acme', '--no-watch'], 'POST /tenants/acme/moves', { kind: 'promote' }],
    [['moves', 'rollback', 'm1', '--no-watch'], 'POST /moves/m1/rollback', undefined],
    [['indexes', 'add'], 'POST /indexes', {}],
  ] as const
  for (const [args, line, body] of verbs) {
    const { code } = await runCli([...args, '--yes', '--json'], env)
    const last = admin.seen.at(-1)
    expect([code, `${last?.method} ${last?.path}`, last?.body]).toEqual([0, line, body])
  }
})

test("a refusal ends with 3 and the server's own words, each field's fault among them", async () => {
  const problem = {
    type: '/errors/invalid_request',
    title: 'The request is not valid',
    status: 400,
    detail: 'The tenant id must be shorter.',
    code: 'invalid_request',
    requestId: 'r-1',
    faults: [{ path: 'id', message: 'too long' }],
  }
  await using admin = await fakeAdmin(() => [400, problem])
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const { code, err } = await runCli(['tenants', 'create', 'acme', '--yes'], env)
  expect(code).toBe(3)
  expect(err).toBe('Refused: The tenant id must be shorter. (400 invalid_request) [request r-1]\n  id: too long\n')
})

test('no server, or one that is not ours, ends with 1 and says where it looked', async () => {
  const env = { TENANT_ROUTER_URL: 'http://127.0.0.1:1', TENANT_ROUTER_TOKEN: 'staff' }
  const away = await runCli(['moves', 'list'], env)
  expect([away.code, away.err]).toEqual([1, expect.stringContaining('No answer from http://127.0.0.1:1')])
  await using other = await fakeAdmin(() => [404, 'nginx'])
  const foreign = await runCli(['moves', 'list'], { ...env, TENANT_ROUTER_URL: other.url })
  expect([foreign.code, foreign.err]).toEqual([1, expect.stringContaining('check TENANT_ROUTER_URL')])
})

describe('a promote that is watched', () => {
  const states = ['queued', 'arming', 'copying', 'copying', 'switching', 'soaking']
  const moveAt = (at: number) => ({
    id: 'm1',
    tenantId: 'acme',
    kind: 'promote',
    state: states[Math.min(at, states.length - 1)],
    progress: { copied: at * 100, total: 500, verified: 0, percent: at * 10, etaS: null },
    writePauseMs: 42,
    createdAt: '2026-11-21T00:00:00Z',
  })
  const server = () => {
    let asked = 0
    return fakeAdmin(({ method, path }) => {
      if (path.endsWith('/events')) return [404, {}]
      return method === 'POST' ? [202, moveAt(0)] : [200, moveAt(asked++)]
    })
  }

  test('prints a line a state where nobody looks, and ends when the switch is done', async () => {
    await using admin = await server()
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
    const { code, out, err } = await runCli(['promote', 'acme', '--yes'], env)
    expect(code).toBe(0)
    expect(out).toMatch(/queued.*\n.*arming.*\n.*copying 200 of 500 \(40 %\)[\s\S]*soaking/)
    expect(err).toContain('Writes paused for 42 ms')
    expect(err).toContain('moves rollback m1')
  })

  test('with --json prints one line of JSON a change', async () => {
    await using admin = await server()
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
    const { code, out } = await runCli(['moves', 'watch', 'm1', '--json'], env)
    const seen = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).state)
    expect([code, seen]).toEqual([0, states])
  })

  test('goes on after the last event when the connection is lost', async () => {
    const state = (id: number, of: string) => ({ id, event: 'state', data: { id, state: of } })
    const [copying, soaking] = [moveAt(2), moveAt(5)]
    const streams = [
      new Frames(state(1, 'queued'), state(2, 'copying'), { event: 'progress', data: copying }),
      new Frames(state(3, 'verifying'), state(4, 'switching'), { event: 'progress', data: soaking }),
    ]
    await using admin = await fakeAdmin(({ path }) =>
      path.endsWith('/events') ? (streams.shift() ?? [404, {}]) : [200, copying],
    )
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
    const { code, out } = await runCli(['moves', 'watch', 'm1', '--json'], env)
    const seen = out.trim().split('\n')
    expect([code, seen.map((line) => JSON.parse(line).state)]).toEqual([
      0,
      ['copying', 'verifying', 'switching', 'soaking'],
    ])
    const resumed = admin.seen.filter(({ path }) => path.endsWith('/events')).map(({ lastEventId }) => lastEventId)
    expect(resumed).toEqual([undefined, '2'])
  })

  test('whose service is away for a while says so once, and that it is back', async () => {
    const away = [503, { code: 'service_busy', detail: 'A replica starts anew.' }] as const
    const looks = [[200, moveAt(2)], away, away, [200, moveAt(5)]] as const
    let look = 0
    await using admin = await fakeAdmin(({ path }) =>
      path.endsWith('/events') ? [404, {}] : (looks[look++] ?? [500, {}]),
    )
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
    const { code, out, err } = await runCli(['moves', 'watch', 'm1'], env)
    expect([code, out]).toEqual([0, expect.stringMatching(/ copying .*\n.* soaking\n/)])
    expect(err.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^The connection is lost; the move goes on\. Trying again for 2 minutes\. .*starts anew/),
      'Connected again.',
    ])
  })

  test('whose service refuses meanwhile ends with what it says', async () => {
    const looks = [
      [200, moveAt(2)],
      [403, { code: 'forbidden', detail: 'Your role may not do this.' }],
    ] as const
    let look = 0
    await using admin = await fakeAdmin(({ path }) =>
      path.endsWith('/events') ? [404, {}] : (looks[look++] ?? [500, {}]),
    )
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
    const { code, err } = await runCli(['moves', 'watch', 'm1'], env)
    expect([code, err]).toEqual([3, expect.stringMatching(/^Refused: Your role may not do this/)])
  })

  test('that fails ends with 1 and the reason', async () => {
    const failed = { ...moveAt(2), state: 'failed', error: 'the project allows no further index' }
    await using admin = await fakeAdmin(() => [200, failed])
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
    const { code, err } = await runCli(['moves', 'watch', 'm1'], env)
    expect([code, err]).toEqual([1, expect.stringContaining('the project allows no further index')])
  })

  test('that is undone is a failure to who wanted the switch, and an end like any other to who watches', async () => {
    const undone = { ...moveAt(2), state: 'rolled_back' }
    await using admin = await fakeAdmin(() => [200, undone])
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
    const watched = await runCli(['moves', 'watch', 'm1'], env)
    const wanted = await runCli(['promote', 'acme', '--yes'], env)
    expect([watched.code, wanted.code]).toEqual([0, 1])
    expect(wanted.err).toContain('tenant acme is where it was')
  })

  test('goes on without us after Ctrl-C, and the way back is said', async () => {
    const reached = Promise.withResolvers<void>()
    await using admin = await fakeAdmin(() => {
      reached.resolve()
      return [200, moveAt(2)]
    })
    const run = startCli(['moves', 'watch', 'm1'], { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' })
    await reached.promise
    run.child.kill('SIGINT')
    const { code, err } = await run.ended
    expect([code, err]).toEqual([
      130,
      'No longer watched; the move goes on. Watch it again with: tenant-router moves watch m1\n',
    ])
    expect(admin.seen.every(({ method }) => method === 'GET')).toBe(true)
  })
})

test('migrate says what it ran, and finds nothing more to do afterwards', async () => {
  await using database = await testDatabase()
  await database.sql`drop schema drizzle cascade`
  await database.sql`drop schema public cascade`
  await database.sql`create schema public`
  const env = { DATABASE_URL: database.url }
  const tried = await runCli(['migrate', '--dry-run', '--json'], env)
  const { migrations } = JSON.parse(tried.out)
  expect(migrations).toContain('0000_registry')
  expect(await database.sql`select to_regclass('public.tenants') as there`).toEqual([{ there: null }])
  expect(await runCli(['migrate', '--yes'], env)).toMatchObject({ code: 0, out: `Ran: ${migrations.join(', ')}.\n` })
  expect(await runCli(['migrate', '--yes'], env)).toMatchObject({ code: 0, out: 'The schema is up to date.\n' })
  const away = await runCli(['migrate', '--yes'], { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' })
  expect(away.code).toBe(1)
  expect(away.err).not.toContain('hunter2')
})

describe('a command in a text stands as the command line was called, and in JSON as it is documented', () => {
  const next = { command: 'tenant-router moves pause m1', effect: 'pauses it' }
  const move = { ...copying, error: 'A tenant-router stopped. Try: tenant-router moves resume m1', nextSteps: [next] }
  test.each([
    ['tenant-router', {}],
    ['npx tenant-router', { npm_lifecycle_event: 'npx' }],
    ['npm run -s cli --', { npm_lifecycle_event: 'cli', npm_package_name: 'tenant-router' }],
    ['tenant-router', { npm_lifecycle_event: 'cli', npm_package_name: 'another' }],
  ])('%s', async (name, called) => {
    await using admin = await fakeAdmin(() => [200, move])
    const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff', ...called }
    const { out } = await runCli(['moves', 'show', 'm1'], env)
    expect(out).toContain(`\n  ${name} moves pause m1\n`)
    expect(out.replaceAll(/\s+/g, ' ')).toContain(`A tenant-router stopped. Try: ${name} moves resume m1`)
    const shown = JSON.parse((await runCli(['moves', 'show', 'm1', '--json'], env)).out)
    expect(shown).toMatchObject({ error: move.error, nextSteps: [next] })
    const help = await runCli(['token', '--help'], env)
    expect(help.out).toContain(`Usage: ${name} token [options]`)
    expect(help.out).toContain(`\n  ${name} token --role platform\n`)
    const wrong = await runCli(['nothing'], env)
    expect(wrong.err).toContain("unknown command 'nothing'")
  })
})
