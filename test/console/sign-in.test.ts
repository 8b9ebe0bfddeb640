import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConsoleWorld, type Visitor } from './console-world.ts'

let world: ConsoleWorld

beforeAll(async () => {
  world = await ConsoleWorld.open()
  await world.onboard('acme', { name: 'Acme Bikes' })
})
afterAll(() => world[Symbol.asyncDispose]())

async function tierOf(id: string): Promise<string> {
  return (await world.ask(`/tenants/${id}`)).json.tier
}

function tagging(proof: string) {
  const form = [
    ['_csrf', proof],
    ['tier', 'enterprise'],
    ['id', 'acme'],
  ] as const
  return { form }
}

describe('the door', () => {
  test('sends somebody who has not signed in to the sign-in, and afterwards to the page that was asked for', async () => {
    const visitor = world.visitor()
    const first = await visitor.go('/console/tenants?tier=enterprise')
    expect(first.status).toBe(303)
    const page = await visitor.go(first.location)
    expect(page.text).toContain('Sam, sales')
    const link = /href="(\/console\/sign-in\/begin[^"]*as=sales)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const { location } = await visitor.go(link)
    const issued = await fetch(location, { redirect: 'manual' })
    const back = await visitor.go(issued.headers.get('location') ?? '')
    expect(back.location).toBe('/console/tenants?tier=enterprise')
    expect((await visitor.go(back.location)).text).toContain('Sam')
  })

  test('never leads outside the console after a sign-in', async () => {
    for (const to of ['https://evil.example/console', '//evil.example/console', '/\\evil.example', '/tenants']) {
      const visitor = world.visitor()
      const { location } = await visitor.go(`/console/sign-in/begin?as=sales&to=${encodeURIComponent(to)}`)
      const issued = await fetch(location, { redirect: 'manual' })
      expect((await visitor.go(issued.headers.get('location') ?? '')).location).toBe('/console')
    }
  })

  test('keeps the session in a cookie that no script reads and no other site sends along', async () => {
    const answer = await world.visitor().signIn('sales')
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('console_session='))
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
  })

  test('names the cookie so that a neighbouring host cannot plant it, where the console is under https', async () => {
    await using secure = await ConsoleWorld.open({ CONSOLE_URL: 'https://127.0.0.1' })
    const answer = await secure.visitor().go('/console/sign-in/begin?as=sales', { headers: { host: '127.0.0.1' } })
    // The port differs from the console's own origin, so the visitor is sent there first.
    expect(answer.location).toBe('https://127.0.0.1/console/sign-in?as=sales')
    const asked = await asHost(secure.url, '/console/sign-in/begin?as=sales', '127.0.0.1')
    expect(String(asked.headers['set-cookie'])).toMatch(/^__Host-console_sign_in=.*; Secure/)
  })

  test('refuses a Host that the listener does not have', async () => {
    const { status, body } = await asHost(world.url, '/console/sign-in', 'evil.example')
    expect(status).toBe(421)
    expect(body).toContain('host_refused')
  })

  test('says what to set where no client is set', async () => {
    const replica = await world.service.replica({ CONSOLE_CLIENT_ID: '' })
    const answer = await replica.admin({ path: '/console' })
    expect(answer.status).toBe(503)
    expect(answer.text).toContain('CONSOLE_CLIENT_ID')
  })
})

describe('a session', () => {
  test('is new at each sign-in: a cookie that was there before it is worth nothing', async () => {
    const attacker = await world.signedIn('auditor')
    const planted = attacker.cookies.get('console_session') ?? ''
    const victim = world.visitor()
    victim.cookies.set('console_session', planted)
    await victim.signIn('sales')
    expect(victim.cookies.get('console_session')).not.toBe(planted)
    expect((await victim.go('/console/tenants')).text).toContain('sales@development')
    expect((await attacker.go('/console/tenants')).text).toContain('auditor@development')
  })

  test('is made only for the browser that asked: another one’s answer of the issuer is refused', async () => {
    const attacker = world.visitor()
    const { location } = await attacker.go('/console/sign-in/begin?as=platform')
    const issued = (await fetch(location, { redirect: 'manual' })).headers.get('location') ?? ''
    const stranger = world.visitor()
    const without = await stranger.go(issued)
    expect(without.status).toBe(401)
    expect(without.text).toContain('not begun in this browser')
    await stranger.go('/console/sign-in/begin?as=sales')
    const mixed = await stranger.go(issued)
    expect(mixed.status).toBe(401)
    expect(stranger.cookies.has('console_session')).toBe(false)
  })

  test('does not pass changed, cut off, or as another kind of cookie', async () => {
    const visitor = await world.signedIn('sales')
    const cookie = decodeURIComponent(visitor.cookies.get('console_session') ?? '')
    const [value = '', signature = ''] = cookie.split('.')
    const session = JSON.parse(Buffer.from(value, 'base64url').toString())
    const raised = Buffer.from(JSON.stringify({ ...session, roles: ['platform'] })).toString('base64url')
    const attempts = world.visitor()
    await attempts.go('/console/sign-in/begin?as=sales')
    const other = attempts.cookies.get('console_sign_in') ?? ''
    for (const forged of [`${raised}.${signature}`, value, `${value}.`, other]) {
      const forger = world.visitor()
      forger.cookies.set('console_session', forged)
      expect((await forger.go('/console/tenants')).location).toMatch(/^\/console\/sign-in/)
    }
  })

  test('ends when its person signs out', async () => {
    const visitor = await world.signedIn('sales')
    await visitor.go('/console/sign-out', { form: [['_csrf', await visitor.proof()]] })
    expect(visitor.cookies.has('console_session')).toBe(false)
  })

  test('ends everywhere at once, on every replica, and nobody else’s with it', async () => {
    const [here, there] = [await world.signedIn('sales'), await world.signedIn('sales')]
    const another = await world.signedIn('auditor')
    const elsewhere = await world.anotherReplica()
    const away = elsewhere.withCookiesOf(there)
    expect((await away.go('/console/tenants')).status).toBe(200)
    const form = [
      ['_csrf', await here.proof()],
      ['everywhere', 'true'],
    ] as const
    await here.go('/console/sign-out', { form })
    for (const gone of [there, away]) {
      expect((await gone.go('/console/tenants')).location).toMatch(/^\/console\/sign-in/)
      expect((await gone.go('/console/sign-out', { form })).location).toMatch(/^\/console\/sign-in/)
    }
    expect((await another.go('/console/tenants')).status).toBe(200)
    expect((await (await world.signedIn('sales')).go('/console/tenants')).status).toBe(200)
    const { items } = (await world.ask('/audit?action=console.sign_out')).json
    expect(items).toMatchObject([{ actor: expect.stringContaining('sales'), detail: { everywhere: true } }])
  })
})

describe('a form', () => {
  let sales: Visitor

  beforeAll(async () => {
    sales = await world.signedIn('sales')
  })

  test('without the proof, or with another session’s, changes nothing', async () => {
    const another = await (await world.signedIn('sales')).proof()
    const [, ...prepared] = await sales.previewTags('enterprise', ['acme'])
    for (const proof of ['', another, 'x']) {
      const answer = await sales.go('/console/tenants/tagged', { form: [['_csrf', proof], ...prepared] })
      expect(answer.status).toBe(403)
      expect(answer.text).toContain('did not come from the console')
    }
    expect(await tierOf('acme')).toBe('standard')
  })

  test('that a page of another origin sends changes nothing, even with the proof', async () => {
    const form = await sales.previewTags('enterprise', ['acme'])
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await sales.go('/console/tenants/tagged', { form, headers })
      expect(answer.status).toBe(403)
    }
    expect(await tierOf('acme')).toBe('standard')
  })

  test('of a person whose role may not is refused by the API’s own rule', async () => {
    const auditor = await world.signedIn('auditor')
    const proof = await (await world.signedIn('auditor')).proof()
    expect((await auditor.go('/console/tenants/tagged', tagging(proof))).status).toBe(403)
    const own = /name="_csrf" value="([^"]+)"/.exec((await auditor.go('/console/tenants')).text)?.[1] ?? ''
    const prepared = await sales.previewTags('enterprise', ['acme'])
    const form = [['_csrf', own] as const, ...prepared.slice(1)]
    expect((await auditor.go('/console/tenants/tagged', { form })).status).toBe(403)
    expect((await auditor.go('/console/tenants/tag', tagging(own))).status).toBe(403)
    expect(await tierOf('acme')).toBe('standard')
  })

  test('with the proof tags, and the audit says who did it and why', async () => {
    const form = await sales.previewTags('enterprise', ['acme'])
    const { location } = await sales.go('/console/tenants/tagged', { form: [...form, ['note', 'contract signed']] })
    expect((await sales.go(location)).text).toContain('1 tenant tagged as Enterprise')
    expect(await tierOf('acme')).toBe('enterprise')
    const { items } = (await world.ask('/audit?tenantId=acme&action=tenant.tag')).json
    expect(items[0]).toMatchObject({
      actor: 'sales@development',
      roles: ['sales'],
      note: 'contract signed',
      address: '127.0.0.1',
    })
  })

  test('made before a colleague’s change shows the conflict and overwrites nothing', async () => {
    await world.onboard('harbor', { name: 'Harbor Bank' })
    const form = await sales.previewTags('enterprise', ['harbor'])
    await world.ask('/tenants/harbor', { tier: 'enterprise' }, 'PATCH')
    const answer = await sales.go('/console/tenants/tagged', { form })
    expect(answer.status).toBe(409)
    expect(answer.text).toContain('tier is &quot;enterprise&quot; by now')
    expect((await world.ask('/audit?tenantId=harbor&action=tenant.tag')).json.items).toHaveLength(1)
  })
})

/** A request with a Host of its own, which `fetch` does not send. */
async function asHost(url: string, path: string, host: string) {
  const { hostname, port } = new URL(url)
  const sent = request({ hostname, port, path, headers: { host } })
  sent.end()
  const [response] = await new Promise<[import('node:http').IncomingMessage]>((resolve, reject) => {
    sent.once('response', (answer) => resolve([answer]))
    sent.once('error', reject)
  })
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}
