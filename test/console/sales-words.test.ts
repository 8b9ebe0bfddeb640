import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { consolePages } from '../../src/http/console/console-pages.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { MoveHolds } from '../support/move-holds.ts'
import { ConsoleWorld, type Visitor } from './console-world.ts'

const machinery = /\b(namespaces?|index(es|ed)?|shards?|soak\w*|generations?)\b/i
/** Attributes that a person reads or hears. */
const spoken = /\b(?:title|aria-label|placeholder|alt|value)="([^"]*)"/g

let world: ConsoleWorld
let sales: Visitor
const holds = new MoveHolds()

/** The words that a page tells a person. */
function wordsOf(html: string): string {
  const read = [...html.matchAll(spoken)].map(([, text]) => text)
  return [html.replaceAll(/<[^>]*>/g, ' '), ...read].join(' ')
}

const becomes = (read: () => Promise<string>, state: string) =>
  vi.waitFor(async () => expect(await read()).toBe(state), { timeout: 60_000, interval: 100 })

beforeAll(async () => {
  world = await ConsoleWorld.open({ POOL_NAMESPACE_LIMIT: '50' }, holds.overrides)
  for (const id of ['resting', 'awaiting', 'copying', 'moved', 'gone', 'barred']) {
    const authorization = await world.onboard(id)
    const body = { vectors: [{ id: 'a', values: bagOfWords('a') }] }
    expect((await world.replica.public({ path: '/vectors/upsert', authorization, body })).status).toBe(200)
  }
  await world.ask('/tenants/awaiting', { tier: 'enterprise' }, 'PATCH')
  await world.ask('/tenants/barred/suspend', {})
  await world.ask('/tenants/gone', undefined, 'DELETE')
  const moved = (await world.ask('/tenants/moved/moves', { kind: 'promote' })).json.id
  await becomes(async () => (await world.ask(`/moves/${moved}`)).json.state, 'soaking')
  const { reached } = holds.hold('copy: batch claimed')
  await world.ask('/tenants/copying/moves', { kind: 'promote' })
  await reached
  await becomes(async () => (await world.ask('/tenants/gone')).json.status, 'offboarded')
  sales = await world.signedIn('sales')
})
afterAll(async () => {
  holds.releaseAll()
  await world?.[Symbol.asyncDispose]()
})

test('no page that sales can reach by a link speaks of the machinery', async () => {
  const seen = new Set<string>()
  const ahead = ['/console/tenants', '/console/moves', '/console/palette?q=a']
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    const { status, text } = await sales.go(path)
    expect(status, path).toBe(200)
    expect(wordsOf(text), path).not.toMatch(machinery)
    const links = [...text.matchAll(/href="(\/console\/[^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'))
    ahead.push(...links.filter((href) => !href.startsWith('/console/assets/')))
  }
  expect([...seen].filter((path) => path.startsWith('/console/tenants/')).length).toBeGreaterThanOrEqual(5)
  expect([...seen].filter((path) => path.startsWith('/console/moves/')).length).toBe(3)
})

test('neither does what tagging shows, nor a refusal', async () => {
  const proof = ['_csrf', await sales.proof()] as const
  const preview = await sales.go('/console/tenants/tag', {
    form: [proof, ['tier', 'enterprise'], ...['resting', 'awaiting', 'gone'].map((id) => ['id', id] as const)],
  })
  expect(preview.text).toContain('Tag 1 tenant as Enterprise?')
  const overtaken = await sales.previewTags('enterprise', ['resting'])
  const form = await sales.previewTags('enterprise', ['resting'])
  const tagged = await sales.go('/console/tenants/tagged', { form })
  const result = await sales.go(tagged.location)
  expect(result.text).toContain('1 tenant tagged as Enterprise')
  const conflict = await sales.go('/console/tenants/tagged', { form: overtaken })
  expect(conflict.text).toContain('Nothing was tagged')
  const undone = await sales.go((await sales.go(`${tagged.location}/undo`, { form: [proof] })).location)
  expect(undone.text).toContain('Taken back')
  const refusals = await Promise.all(
    [
      '/console/shards',
      '/console/audit',
      '/console/tenants/resting/promote',
      '/console/tenants/nobody',
      '/console/x',
    ].map((path) => sales.go(path)),
  )
  for (const { text, status } of [preview, result, conflict, undone, ...refusals])
    expect(wordsOf(text), String(status)).not.toMatch(machinery)
  expect(refusals.map(({ status }) => status)).toEqual([403, 403, 403, 404, 404])
})

test('the live parts of the moves and of one say it in plain words too', async () => {
  const { items } = (await world.ask('/moves?open=true')).json
  const { id } = items.find(({ tenantId }: { tenantId: string }) => tenantId === 'copying')
  for (const path of ['/console/moves/live', `/console/moves/${id}/live`]) await saysItPlainly(path)
})

async function saysItPlainly(path: string): Promise<void> {
  const cookie = [...sales.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(`${world.url}${path}`, { headers: { cookie } })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('\n\n')) text += (await reader?.read())?.value ?? ''
  await reader?.cancel()
  expect(text).toContain('Copying')
  expect(wordsOf(text)).not.toMatch(machinery)
}

test('no answer of any route of the console does, whatever sales asks it for by its address', async () => {
  const { items: moves } = (await world.ask('/moves')).json
  const proof = ['_csrf', await sales.proof()] as const
  const diff = await sales.go('/console/import', { form: [proof, ['text', 'id,tier\nresting,standard\nnobody,gold']] })
  const importId = diff.location.split('/').at(-1) ?? ''
  const nowhere = crypto.randomUUID()
  const values: Readonly<Record<string, readonly string[]>> = {
    '/tenants': ['resting', 'awaiting', 'copying', 'moved', 'gone', 'barred', 'nobody'],
    '/tenants/tagged': [importId, nowhere],
    '/moves': [...moves.map(({ id }: { id: string }) => id), nowhere],
    '/import': [importId, nowhere],
    '/approvals': [nowhere],
  }
  const verbs = [
    'promote',
    'demote',
    'rebalance',
    'reembed',
    'relocate',
    'suspend',
    'resume',
    'offboard',
    'pause',
    'cancel',
    'rollback',
    'complete',
  ]
  /** Every address that a route's pattern stands for here. */
  const addressesOf = (path: string): readonly string[] => {
    const at = path.indexOf('/:id')
    const ids = at === -1 ? [''] : (values[path.slice(0, at)] ?? [])
    const named = ids.map((id) => path.replace(':id', id))
    return path.includes(':verb') ? named.flatMap((one) => verbs.map((verb) => one.replace(':verb', verb))) : named
  }
  const fields = [
    proof,
    ...(['resting', 'moved', 'gone'] as const).map((id) => ['id', id] as const),
    ['tier', 'enterprise'],
    ['import', importId],
    ['typed', 'resting'],
    ['text', 'colour\nred'],
    ['accept', '0'],
    ['owner', 'Ines'],
  ] as const
  const statuses = new Map<number, number>()
  for (const { method, path } of consolePages) {
    const addresses = addressesOf(path)
    expect(addresses.length, path).toBeGreaterThan(0)
    // A stream of events has no end; the next test reads its beginning.
    if (path.endsWith('/live')) continue
    for (const address of addresses) {
      const answer = await sales.go(`/console${address}`, method === 'post' ? { form: fields } : {})
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      expect(answer.status, address).not.toBe(500)
      expect(wordsOf(answer.text), `${method} ${address}`).not.toMatch(machinery)
      expect(decodeURIComponent(answer.location), `${method} ${address}`).not.toMatch(machinery)
    }
  }
  // Pages, redirects, refusals and what is not there.
  for (const status of [200, 303, 403, 404]) expect(statuses.get(status) ?? 0, String(status)).toBeGreaterThan(0)
})
