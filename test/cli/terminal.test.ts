import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { copying, moveId } from './copying-move.ts'
import { type FakeAdmin, fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'
import { runInTerminal, startInTerminal } from './run-in-terminal.ts'

const envOf = (admin: FakeAdmin) => ({ TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' })

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

const deed = {
  at: minutesAgo(7),
  actor: 'pat@example.com',
  action: 'tenant.change',
  tenantId: 'a-tenant-with-a-rather-long-id',
  before: { name: 'A'.repeat(60) },
  after: { name: '株式会社'.repeat(20) },
  note: 'as agreed with the customer in the meeting of the day before yesterday',
}

describe('tables', () => {
  test.each([80, 132])('fit a terminal of %d columns, with times relative and ids whole', async (columns) => {
    await using admin = await fakeAdmin(() => [200, { items: [deed, deed], nextCursor: null }])
    const { code, lines } = await runInTerminal(['audit', 'list'], envOf(admin), { columns })
    expect(code).toBe(0)
    const table = lines.slice(0, 3)
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
    expect(table[0]).toMatch(/^WHEN +WHO +WHAT +TENANT/)
    expect(table[1]).toMatch(/^7 min ago +pat.* a-tenant-with-a-rather-long-id/)
    expect(table[2]).toBe(table[1])
  })

  test('in a pipe are whole and exact, a tab between cells, and always of the same columns', async () => {
    await using admin = await fakeAdmin(() => [200, { items: [deed], nextCursor: null }])
    const { out, err } = await runCli(['audit', 'list'], { ...envOf(admin), COLUMNS: '40' })
    const change = `${JSON.stringify(deed.before)} → ${JSON.stringify(deed.after)}`
    const cells = [deed.at, deed.actor, deed.action, deed.tenantId, change, deed.note]
    expect(out).toBe(`WHEN\tWHO\tWHAT\tTENANT\tCHANGE\tWHY\n${cells.join('\t')}\n`)
    expect(err).toBe('')
  })

  test('say which columns a narrow terminal has no room for', async () => {
    const index = { name: 'tenant-router-pool-1', project: 'default', kind: 'pool', state: 'ready', namespaces: 4 }
    const items = [{ ...index, limit: 10_000, fill: 0.0004 }]
    await using admin = await fakeAdmin(() => [200, { items, nextCursor: null }])
    const { lines } = await runInTerminal(['indexes', 'list'], envOf(admin), { columns: 48 })
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(48)
    expect(lines[0]).toMatch(/^NAME +PROJECT +KIND .*FILL$/)
    expect(lines.join(' ')).toContain('Not shown, for want of room: NAMESPACES, LIMIT. --json has all.')
  })

  test('names that others gave stay text at a terminal too', async () => {
    const evil = 'A\u001b[2J\u009b31m\u202eB\trow'
    const items = [{ id: 'acme', name: evil, tier: 'standard', status: 'active' }]
    await using admin = await fakeAdmin(() => [200, { items, nextCursor: null }])
    const { raw } = await runInTerminal(['tenants', 'list'], envOf(admin), { columns: 120 })
    expect(raw).toContain('A\\u001b[2J\\u009b31m\\u202eB\\u0009row')
    expect(raw).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
    const { out } = await runCli(['tenants', 'list'], envOf(admin))
    expect(out.split('\n')[1]?.split('\t')).toHaveLength(6)
  })
})

describe('short ids', () => {
  const ids = ['71c7f803-0cbf-4568-99cb-dca88c72be0a', '71c7f803-0cbf-4568-aaaa-dca88c72be0a', moveId]
  const moves = ids.map((id) => ({ ...copying, id }))
  const server = () =>
    fakeAdmin(({ method, path }) => {
      const [, id] = /^\/moves\/([^/?]+)/.exec(path) ?? []
      if (method === 'GET' && id === undefined) return [200, { items: moves, nextCursor: null }]
      const move = moves.find((one) => one.id === id)
      return move === undefined ? [404, { code: 'not_found', detail: 'There is no such move.' }] : [200, move]
    })

  test('are as long as tells them apart, and the other verbs take them', async () => {
    await using admin = await server()
    const { lines } = await runInTerminal(['moves', 'list'], envOf(admin))
    const shown = lines.slice(1, 4).map((line) => line.split(' ')[0] ?? '')
    expect(shown).toEqual(['71c7f803-0cbf-4568-9', '71c7f803-0cbf-4568-a', '018f3c2e-5f0a-7cc3-9'])
    const verbs = ['show', 'watch', 'pause', 'resume', 'cancel', 'rollback', 'complete']
    for (const verb of verbs) {
      admin.seen.length = 0
      const isRead = verb === 'show' || verb === 'watch'
      const run = startInTerminal(
        ['moves', verb, shown[1] ?? '', ...(isRead ? [] : ['--yes', '--no-watch'])].filter(
          (word) => !(word === '--no-watch' && (verb === 'pause' || verb === 'resume')),
        ),
        envOf(admin),
      )
      if (verb === 'watch') {
        await run.shown('Copy')
        run.press('\u0003')
      }
      const { code, raw } = await run.ended
      expect([verb, code, raw]).toEqual([verb, verb === 'watch' ? 130 : 0, expect.anything()])
      const path = `/moves/${ids[1]}`
      const wanted = isRead ? ['GET', path] : ['POST', `${path}/${verb}`]
      expect(admin.seen.map((one) => [one.method, one.path])).toContainEqual(wanted)
    }
  })

  test('that are the beginning of several ids are refused, with each of them', async () => {
    await using admin = await server()
    const { code, err } = await runCli(['moves', 'show', '71c7f803'], envOf(admin))
    expect([code, err.split('\n')]).toEqual([
      2,
      [
        '71c7f803 is the beginning of 2 ids:',
        '  71c7f803-0cbf-4568-9  promote of acme, copying',
        '  71c7f803-0cbf-4568-a  promote of acme, copying',
        '',
      ],
    ])
    expect(admin.seen).toHaveLength(1)
  })

  test.each([
    ['018f', 0, ''],
    ['018', 2, 'too short: give 4 characters'],
    ['ffffffff', 3, 'No move has an id that begins with ffffffff: tenant-router moves list'],
  ])('%s ends with %d', async (typed, wanted, words) => {
    await using admin = await server()
    const { code, err } = await runCli(['moves', 'show', typed], envOf(admin))
    expect([code, err]).toEqual([wanted, expect.stringContaining(words)])
  })
})

describe('a move that is watched at a terminal', () => {
  const states = ['queued', 'arming', 'copying', 'verifying', 'switching', 'soaking'] as const
  const moveAt = (at: number) => ({ ...copying, state: states[Math.min(at, states.length - 1)], writePauseMs: 42 })

  test('has a line a stage, and none of its progress stays', async () => {
    let asked = 0
    await using admin = await fakeAdmin(({ method, path }) => {
      if (path.endsWith('/events')) return [404, {}]
      return method === 'POST' ? [202, moveAt(0)] : [200, moveAt(asked++)]
    })
    const { code, raw, lines } = await runInTerminal(['promote', 'acme', '--yes'], envOf(admin))
    expect(code).toBe(0)
    expect(raw).toMatch(/… Copy {2}\[█+░+\] 1,200 of 5,000 \(24 %\)/)
    const written = raw.split(/[\n\r]/).map((line) => line.replace('\u001b[K', ''))
    const progress = written.filter((line) => line.startsWith('…'))
    expect(progress.length).toBeGreaterThan(3)
    for (const line of progress) expect(stringWidth(line)).toBeLessThan(80)
    expect(lines.filter((line) => line.startsWith('✓')).map((line) => line.replace(/ {2}[\d.]+ \w+$/, ''))).toEqual([
      '✓ Make its new place',
      '✓ Note every write from now on',
      '✓ Copy',
      '✓ Verify every record',
      '✓ Switch',
    ])
    expect(lines[0]).toBe('Move 018f3c2e has begun. Ctrl-C leaves it running.')
    expect(lines.at(-1)).toContain('tenant-router moves rollback 018f3c2e')
    expect(raw).not.toContain('\u001b[31m')
  })

  test('goes on without us after Ctrl-C: a neutral line, the way back, and 130', async () => {
    await using admin = await fakeAdmin(({ path }) => (path.endsWith('/events') ? [404, {}] : [200, moveAt(2)]))
    const run = startInTerminal(['moves', 'watch', moveId], envOf(admin))
    await run.shown('1,200 of 5,000')
    run.press('\u0003')
    const { code, lines, raw } = await run.ended
    expect([code, lines.map((line) => line.replace('^C', ''))]).toEqual([
      130,
      [
        '✓ Make its new place',
        '✓ Note every write from now on',
        '– Copy: no longer watched',
        'No longer watched; the move goes on. Watch it again with: tenant-router moves watch 018f3c2e',
      ],
    ])
    for (const red of ['\u001b[3', '✖', 'ail']) expect(raw).not.toContain(red)
    expect(admin.seen.every(({ method }) => method === 'GET')).toBe(true)
  })
})

describe('what runs at the service for a while', () => {
  const run = {
    id: moveId,
    state: 'running',
    step: 'reads',
    endedAt: null,
    isFreezing: false,
    fault: null,
    signed: null,
  }
  const progress = { indexes: 1, namespaces: 2, tenants: 2, tenantsLeft: 0, unlisted: 0, unseen: [] }
  const comparison = { id: moveId, state: 'running', problems: 0, fixed: 0, fault: null, progress }

  test.each([
    [
      ['prove-isolation', '--yes'],
      run,
      [
        `Run ${moveId} has begun. Ctrl-C leaves it running.`,
        'at its time: reads',
        'No longer watched; the run goes on.',
        'See it, and its report once it has ended, with:',
        `tenant-router prove-isolation show ${moveId}`,
      ],
    ],
    [
      ['reconcile'],
      comparison,
      [
        'The comparison is under way. Ctrl-C leaves it running.',
        'No longer watched; the comparison goes on. While it does, this watches it',
        'again, and later begins another one: tenant-router reconcile',
      ],
    ],
    [
      ['reconcile', '--fix', '--yes'],
      comparison,
      [
        'The comparison is under way. Ctrl-C leaves it running.',
        'No longer watched; the comparison goes on, and settles what is due. While it',
        'does, this watches it again, and later begins another one: tenant-router',
        'reconcile --fix --yes',
      ],
    ],
  ])('goes on after Ctrl-C: %j says so without red, and ends with 130', async (args, document, words) => {
    const fix = args.includes('--fix')
    await using admin = await fakeAdmin(({ method }) => [
      method === 'POST' ? 202 : 200,
      { ...document, fix, fromStore: false },
    ])
    const watched = startInTerminal(args, envOf(admin))
    await watched.shown('Ctrl-C leaves it running.')
    while (admin.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    watched.press('\u0003')
    const { code, lines, raw } = await watched.ended
    const said = lines.map((line) => line.replace('^C', '').replace(/^20\S+Z reads$/, 'at its time: reads'))
    expect([code, said.join(' ')]).toEqual([130, words.join(' ')])
    for (const red of ['\u001b[3', '✖', 'ail']) expect(raw).not.toContain(red)
    expect(admin.seen.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  test('is watched on while the service is away, which is said once', async () => {
    let asked = 0
    await using admin = await fakeAdmin(({ method, path }) => {
      if (method === 'POST') return [202, { ...comparison, fix: false, fromStore: false }]
      if (path.includes('/findings')) return [200, { items: [], nextCursor: null }]
      asked += 1
      const away = { code: 'shutting_down', detail: 'The service is shutting down.' }
      return asked <= 3 ? [503, away] : [200, { ...comparison, state: 'done' }]
    })
    const { code, err } = await runCli(['reconcile'], envOf(admin))
    expect([code, err.split('\n')]).toEqual([
      0,
      [
        'The comparison is under way. Ctrl-C leaves it running.',
        expect.stringMatching(/^The connection is lost; the comparison goes on\. Trying again for 2 minutes\./),
        'Connected again.',
        'Looked at 1 index(es), 2 namespace(s) and the documents of 2 tenant(s). 0 problem(s), 0 settled.',
        '',
      ],
    ])
  })
})
