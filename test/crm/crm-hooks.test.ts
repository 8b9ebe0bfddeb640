import { createHmac, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import type { Answer } from '../support/service-world.ts'
import { TwoReplicas } from '../support/two-replicas.ts'

const url = 'https://router.example.com/hooks/crm/hubspot%3Aeu'
const clientSecret = '5c2d7a1e-9f3b-4f6e-8a4d-0b1c2d3e4f50'
const formerSecret = '11111111-9f3b-4f6e-8a4d-0b1c2d3e4f50'
const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`
const hooks = [
  {
    source: 'hubspot',
    signature: 'hubspot-v3',
    url,
    secretVariable: 'HUBSPOT_CLIENT_SECRET',
    formerSecretVariable: 'HUBSPOT_FORMER_SECRET',
    only: { portalId: [62515], objectTypeId: ['0-2'], propertyName: ['contract_plan'] },
    tags: { enterprise_2026: 'enterprise', starter: 'standard', '': 'standard' },
  },
  {
    source: 'salesforce',
    signature: 'standard',
    secretVariable: 'SALESFORCE_HOOK_SECRET',
    account: 'account.id',
    tag: 'plan',
    at: 'changedAt',
    tags: { Enterprise: 'enterprise', Standard: 'standard' },
  },
]
const secrets = {
  HUBSPOT_CLIENT_SECRET: clientSecret,
  HUBSPOT_FORMER_SECRET: formerSecret,
  SALESFORCE_HOOK_SECRET: webhookSecret,
}

let folder: string
let file: string
let two: TwoReplicas
let as: Record<'platform' | 'sales' | 'second', string>
/** Time of the events, always ahead of what was done before, and within what clocks may differ. */
let clock = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-crm-'))
  file = join(folder, 'crm.json')
  await writeFile(file, JSON.stringify(hooks))
  two = await TwoReplicas.open({ CRM_HOOKS: file, APPROVALS: 'offboard', ...secrets })
  const { issuer } = two.service
  as = {
    platform: await issuer.staff('platform'),
    sales: await issuer.staff('sales'),
    second: `Bearer ${await issuer.token({ sub: 'second-person', roles: ['platform'] })}`,
  }
})
afterAll(async () => {
  await two[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const next = () => {
  clock = Math.max(clock + 1, Date.now() + 1_000)
  return clock
}
const ask = (method: string, path: string, body?: unknown, who: keyof typeof as = 'platform') =>
  two.replicas.a.admin({ method, path, authorization: as[who], body })
const tenant = async (id: string) => expectStatus(await ask('GET', `/tenants/${id}`), 200).json
const tagsOf = async (id: string) =>
  expectStatus(await ask('GET', `/audit?tenantId=${id}&action=tenant.tag`), 200).json.items
async function onboard(id: string, crmId: string | number): Promise<void> {
  await two.service.onboard(two.replicas.a, id, { attributes: { crmId } })
}

interface Sent {
  readonly secret?: string
  readonly timeMs?: number
  readonly to?: 'a' | 'b'
  readonly source?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a body as HubSpot signs it. */
function hubspot(body: unknown, { secret = clientSecret, timeMs = Date.now(), to = 'a', ...more }: Sent = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const source = `POST${url.replace('%3A', ':')}${text}${timeMs}`
  const headers = {
    'x-hubspot-signature-v3': createHmac('sha256', secret).update(source).digest('base64'),
    'x-hubspot-request-timestamp': String(timeMs),
    ...more.headers,
  }
  return two.replicas[to].admin({ path: `/hooks/crm/${more.source ?? 'hubspot'}`, body: text, headers })
}

const change = (objectId: number, propertyValue: string | null, occurredAt: number, more: object = {}) => ({
  eventId: 100,
  subscriptionId: 138,
  portalId: 62515,
  appId: 54321,
  occurredAt,
  subscriptionType: 'object.propertyChange',
  attemptNumber: 0,
  objectId,
  objectTypeId: '0-2',
  propertyName: 'contract_plan',
  propertyValue,
  changeSource: 'CRM_UI',
  ...more,
})

/** Sends a body as Standard Webhooks signs it. */
function salesforce(body: unknown, { secret = webhookSecret, timeMs = Date.now(), to = 'b', ...more }: Sent = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(timeMs / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', new Date(timeMs), text),
    ...more.headers,
  }
  return two.replicas[to].admin({ path: `/hooks/crm/${more.source ?? 'salesforce'}`, body: text, headers })
}

const outcomes = (answer: Answer) => expectStatus(answer, 200).json.outcomes

test('HubSpot and Salesforce tag the tenants of their accounts, and do nothing else', async () => {
  await onboard('zeta', 9_876_543_210)
  await onboard('yotta', '0015g00000XyZabAAB')
  const before = await tenant('zeta')
  const at = next()
  const others = [
    change(9_876_543_210, 'enterprise_2026', at, { portalId: 1 }),
    change(9_876_543_210, 'enterprise_2026', at, { objectTypeId: '0-1' }),
    change(9_876_543_210, 'Gold', at),
  ]
  expect(outcomes(await hubspot([...others, change(9_876_543_210, 'enterprise_2026', at)]))).toEqual([
    'passed over',
    'passed over',
    'passed over',
    'tagged',
  ])
  const { tier, awaitingPromotion, updatedAt, awaitingSince, inTheWay, ...rest } = await tenant('zeta')
  expect({ tier, awaitingPromotion }).toEqual({ tier: 'enterprise', awaitingPromotion: true })
  expect({ ...before, ...rest }).toEqual({ ...before })
  expect((await ask('GET', '/moves')).json.items).toEqual([])
  expect(await tagsOf('zeta')).toMatchObject([
    {
      actor: 'crm:hubspot',
      roles: ['crm'],
      before: { tier: 'standard' },
      after: { tier: 'enterprise' },
      detail: { account: '9876543210', event: '100', at: new Date(at).toISOString() },
      requestId: expect.any(String),
    },
  ])
  const signed = new Date(next()).toISOString()
  const event = { account: { id: '0015g00000XyZabAAB' }, plan: 'Enterprise', changedAt: signed }
  expect(outcomes(await salesforce(event))).toEqual(['tagged'])
  expect((await tenant('yotta')).tier).toBe('enterprise')
  // A field that was cleared.
  expect(outcomes(await hubspot([change(9_876_543_210, null, next())], { to: 'b' }))).toEqual(['tagged'])
  expect((await tenant('zeta')).tier).toBe('standard')
})

test('who did not sign the call is refused, in the same words whatever is wrong', async () => {
  await onboard('xenon', 31)
  const body = [change(31, 'enterprise_2026', next())]
  const now = Date.now()
  const plain = { account: { id: '31' }, plan: 'Enterprise', changedAt: new Date(clock).toISOString() }
  const refused = {
    'another secret': await hubspot(body, { secret: 'not-the-secret-of-hubspot' }),
    'a signature of another body': await hubspot(JSON.stringify(body), {
      headers: { 'x-hubspot-signature-v3': createHmac('sha256', clientSecret).update('x').digest('base64') },
    }),
    'a signature cut short': await hubspot(body, { headers: { 'x-hubspot-signature-v3': 'AAAA' } }),
    'an old timestamp': await hubspot(body, { timeMs: now - 301_000 }),
    'a timestamp ahead': await hubspot(body, { timeMs: now + 330_000 }),
    'a timestamp in seconds': await hubspot(body, { headers: { 'x-hubspot-request-timestamp': String(now / 1000) } }),
    'a source that is not there': await hubspot(body, { source: 'pipedrive' }),
    'a source that is a name of JavaScript': await hubspot(body, { source: '__proto__' }),
    "another source's signature": await hubspot(body, { source: 'salesforce' }),
    'another secret of a webhook': await salesforce(plain, { secret: `whsec_${randomBytes(32).toString('base64')}` }),
    'an old webhook': await salesforce(plain, { timeMs: now - 301_000 }),
    'a webhook of the future': await salesforce(plain, { timeMs: now + 330_000 }),
    'no signature': await two.replicas.a.admin({ path: '/hooks/crm/hubspot', body }),
    'a token of staff': await two.replicas.a.admin({ path: '/hooks/crm/hubspot', body, authorization: as.platform }),
    "a tenant's token": await two.replicas.a.admin({
      path: '/hooks/crm/hubspot?tenant_id=xenon',
      body,
      authorization: await two.service.issuer.tenant('xenon'),
    }),
  }
  const details = new Set<string>()
  for (const [how, answer] of Object.entries(refused)) {
    expect([how, answer.status, answer.json.code]).toEqual([how, 401, 'unauthenticated'])
    expect(answer.headers.get('www-authenticate')).toBe('Signature realm="tenant-router"')
    details.add(answer.json.detail)
  }
  expect(details.size).toBe(1)
  expect((await tenant('xenon')).tier).toBe('standard')
  expect(await tagsOf('xenon')).toEqual([])
  // The former secret holds while it is being replaced.
  expect(outcomes(await hubspot(body, { secret: formerSecret }))).toEqual(['tagged'])
})

test('a signed body that the mapping cannot read is refused whole, and costs no more than its limit', async () => {
  await onboard('wolfram', 74)
  const good = change(74, 'enterprise_2026', next())
  const huge = await hubspot(JSON.stringify([{ ...good, note: 'x'.repeat(300_000) }]))
  expect([huge.status, huge.json.code]).toEqual([413, 'payload_too_large'])
  const bad: Record<string, unknown> = {
    'no JSON': '[{',
    'a number': 7,
    'a list in a list': [[good]],
    'more than a hundred events': Array(101).fill(good),
    'no account': [good, { ...good, objectId: undefined }],
    'an object as account': [good, { ...good, objectId: { id: 74 } }],
    'a number that is not whole': [good, { ...good, objectId: 74.5 }],
    'a long account': [good, { ...good, objectId: 'x'.repeat(501) }],
    'no time': [good, { ...good, occurredAt: 'yesterday' }],
    'a time ahead of the clock': [good, { ...good, occurredAt: Date.now() + 600_000 }],
    'deep nesting': `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  }
  for (const [how, body] of Object.entries(bad)) {
    const answer = await hubspot(body)
    expect([how, answer.status, answer.json.code]).toEqual([how, 400, 'invalid_request'])
  }
  const faults = (await hubspot([good, { ...good, occurredAt: 'yesterday', objectId: null }])).json.faults
  expect(faults.map(({ path }: { path: string }) => path)).toEqual(['[1].objectId', '[1].occurredAt'])
  expect((await tenant('wolfram')).tier).toBe('standard')
  const asText = await two.replicas.a.admin({
    path: '/hooks/crm/hubspot',
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  })
  expect(asText.status).toBe(415)
})

test('repeats, and events older than what was said since, change nothing', async () => {
  await onboard('vega', 51)
  const [first, second, third] = [next(), next(), next()]
  expect(outcomes(await hubspot([change(51, 'enterprise_2026', second)]))).toEqual(['tagged'])
  expect(outcomes(await hubspot([change(51, 'enterprise_2026', second)], { to: 'b' }))).toEqual(['repeated'])
  expect(outcomes(await hubspot([change(51, 'starter', first)], { to: 'b' }))).toEqual(['older'])
  expect(await tenant('vega')).toMatchObject({ tier: 'enterprise', awaitingPromotion: true })
  expect(outcomes(await hubspot([change(51, 'enterprise_2026', third)]))).toEqual(['same'])
  expect(await tagsOf('vega')).toHaveLength(1)
  // A colleague says otherwise: what the CRM said before that stays said, what it says after it holds.
  expectStatus(await ask('PATCH', '/tenants/vega', { tier: 'standard' }, 'sales'), 200)
  await two.service.home
    .sql`update tenants set tier_since = to_timestamp(${(clock + 1) / 1000}::double precision) where id = 'vega'`
  clock += 1
  const late = change(51, 'enterprise_2026', clock)
  expect(outcomes(await hubspot([late]))).toEqual(['older'])
  expect((await tenant('vega')).tier).toBe('standard')
  expect(outcomes(await hubspot([change(51, 'enterprise_2026', next())]))).toEqual(['tagged'])
  expect(await tagsOf('vega')).toHaveLength(3)
})

test('in whatever order events come, over whichever replica, and how often: the latest one holds', async () => {
  let account = 1_000
  const kinds = fc.record({
    value: fc.constantFrom('enterprise_2026', 'starter'),
    offset: fc.integer({ min: 0, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(kinds, { minLength: 2, maxLength: 5 })
        .chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray([...events.keys(), ...events.keys()], { minLength: events.length * 2 }),
          ),
        ),
      async ([events, order]) => {
        account += 1
        const id = `order-${account}`
        await onboard(id, account)
        const base = next()
        const made = events.map(({ value, offset }, i) => change(account, value, base + offset, { eventId: 100 + i }))
        const calls = order.map((i, n) => hubspot([made[i]], { to: n % 2 === 0 ? 'a' : 'b' }))
        for (const answer of await Promise.all(calls))
          expect(['tagged', 'same', 'repeated', 'older']).toContain(outcomes(answer)[0])
        const last = made.toSorted((x, y) => x.occurredAt - y.occurredAt || x.eventId - y.eventId).at(-1)
        expect((await tenant(id)).tier).toBe(last?.propertyValue === 'starter' ? 'standard' : 'enterprise')
      },
    ),
    { numRuns: 15, seed: 7, endOnFailure: true },
  )
})

test('an account without a tenant, with several, or of one that is gone is passed over', async () => {
  expect(outcomes(await hubspot([change(404, 'enterprise_2026', next())]))).toEqual(['unknown'])
  await onboard('twin-1', 77)
  await onboard('twin-2', 77)
  expect(outcomes(await hubspot([change(77, 'enterprise_2026', next())]))).toEqual(['ambiguous'])
  expect([(await tenant('twin-1')).tier, (await tenant('twin-2')).tier]).toEqual(['standard', 'standard'])
  const marks = await two.service.home.sql`select from crm_marks where account in ('404', '77')`
  expect(marks).toHaveLength(0)

  await onboard('uranus', 92)
  const asked = expectStatus(await ask('DELETE', '/tenants/uranus'), 202).json
  expectStatus(await ask('POST', `/approvals/${asked.id}/approve`, undefined, 'second'), 200)
  expect(outcomes(await hubspot([change(92, 'enterprise_2026', next())]))).toEqual(['unknown'])
  expect(await tagsOf('uranus')).toEqual([])
})

test('a tag needs no second person, approves nothing, and voids what was asked of the tenant as it was', async () => {
  await onboard('sirius', 63)
  expectStatus(await ask('POST', '/tenants/sirius/suspend'), 200)
  const asked = expectStatus(await ask('DELETE', '/tenants/sirius'), 202).json
  expect(asked.status).toBe('awaiting_approval')
  expect(outcomes(await hubspot([change(63, 'enterprise_2026', next())]))).toEqual(['tagged'])
  expect(await tenant('sirius')).toMatchObject({ tier: 'enterprise', status: 'suspended' })
  expect((await ask('GET', `/approvals/${asked.id}`)).json.status).toBe('awaiting_approval')
  const approved = await ask('POST', `/approvals/${asked.id}/approve`, undefined, 'second')
  expect([approved.status, approved.json.detail]).toEqual([409, expect.stringContaining('tier is "enterprise" by now')])
  expect((await tenant('sirius')).status).toBe('suspended')
})

test('faults of the file are named at start, each with its remedy and without the secret', async () => {
  const faults = async (entries: unknown, env: Readonly<Record<string, string>> = secrets) => {
    const bad = join(folder, 'bad.json')
    await writeFile(bad, JSON.stringify(entries))
    return two.service.replica({ CRM_HOOKS: bad, ...env }).then(
      () => 'none',
      (error: Error) => error.message,
    )
  }
  const [hub, force] = hooks
  expect(await faults({})).toMatch(/CRM_HOOKS.*is not a JSON list/s)
  expect(await faults([{ ...hub, url: undefined }])).toMatch(/has no url in entry 1/)
  expect(await faults([hub, hub])).toMatch(/has in entry 2 a source that is there/)
  expect(await faults([{ ...force, tags: { Gold: 'gold' } }])).toMatch(/entry 1, tags\.Gold/)
  expect(await faults([{ ...force, only: { a: [] } }])).toMatch(/entry 1, only\.a/)
  const short = await faults(hooks, { ...secrets, SALESFORCE_HOOK_SECRET: 'whsec_c2hvcnQ=' })
  expect(short).toMatch(/names SALESFORCE_HOOK_SECRET, which is no secret of a webhook, in entry 2/)
  expect(short).not.toContain('c2hvcnQ')
  const { HUBSPOT_FORMER_SECRET: _, ...without } = secrets
  expect(await faults(hooks, without)).toMatch(/names HUBSPOT_FORMER_SECRET, which is not set, in entry 1/)
})

test('what came is counted by source and outcome, and no stranger makes a series', async () => {
  const counted = async () => {
    const { text } = await two.replicas.a.admin({ path: '/metrics' })
    const lines = text.matchAll(/^tenant_router_crm_events_total\{source="([^"]*)",outcome="([^"]*)"\} (\d+)$/gm)
    return new Map([...lines].map(([, source, outcome, n]) => [`${source} ${outcome}`, Number(n)]))
  }
  await onboard('polaris', 29)
  const before = await counted()
  expect(before.get('salesforce ambiguous')).toBe(0)
  const event = change(29, 'enterprise_2026', next())
  await hubspot([event, event, change(404, 'starter', next()), change(29, 'Gold', next())])
  await hubspot([event], { secret: 'not-the-secret-of-hubspot' })
  await hubspot('[{')
  for (const source of ['pipedrive', 'zoho', '__proto__']) await hubspot([event], { source })
  const after = await counted()
  const more = [...after].map(([name, n]) => [name, n - (before.get(name) ?? 0)] as const).filter(([, n]) => n > 0)
  expect(Object.fromEntries(more)).toEqual({
    'hubspot tagged': 1,
    'hubspot repeated': 1,
    'hubspot unknown': 1,
    'hubspot passed over': 1,
    'hubspot refused': 1,
    'hubspot unreadable': 1,
    'other refused': 3,
  })
  expect(new Set([...after.keys()].map((name) => name.split(' ')[0]))).toEqual(
    new Set(['hubspot', 'salesforce', 'other']),
  )
})
