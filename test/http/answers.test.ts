import { describe, expect, it } from 'vitest'
import { AppError, errorCodes } from '../../src/errors.ts'
import { problemKinds } from '../../src/http/pipeline/problem.ts'
import { expectStatus } from '../support/expect-status.ts'
import { acme, adminApp, echoRoute, json, type KitApp, plainRoute, postEcho, publicApp } from './kit-app.ts'

/** A route that fails with what is in `fault`. */
function failing(fault: unknown): KitApp {
  return publicApp([
    plainRoute('get', '/fail', async () => {
      throw fault
    }),
  ])
}
const get = (kit: KitApp, path = '/fail', headers: Record<string, string> = acme) => kit.app.request(path, { headers })

describe('every answer', () => {
  const kit = publicApp([echoRoute, plainRoute('delete', '/gone', async () => ({ status: 204 }))])

  it.each([
    ['a reply', '/echo', { method: 'POST', headers: json, body: '{"query":"a"}' }],
    ['a reply without a body', '/gone', { method: 'DELETE', headers: acme }],
    ['a refusal', '/echo', { method: 'POST', headers: json, body: '{}' }],
    ['no token', '/echo', { method: 'POST' }],
    ['an unknown route', '/nothing', {}],
    ['a wrong method', '/echo', {}],
    ['options', '/echo', { method: 'OPTIONS' }],
    ['the document', '/openapi.json', {}],
    ['the docs', '/docs', {}],
    ['an error page', '/errors/not_found', {}],
  ])('is its caller’s alone and names the request: %s', async (_, path, init) => {
    const response = await kit.app.request(path, init)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('vary')).toBe('Authorization, Api-Key')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('echoes a sane request id, also in the problem, and makes its own for any other', async () => {
    const ask = async (id: string) => (await postEcho(kit.app, {}, { ...json, 'x-request-id': id })).answer.requestId
    expect(await ask('trace/42:a')).toBe('trace/42:a')
    expect(await ask('a'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/)
    expect(await ask('two words')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('carries the headers of its route, which cannot take back those that keep it private', async () => {
    const headers = {
      Location: '/a',
      'Content-Type': 'text/csv',
      'Cache-Control': 'public',
      VARY: '*',
      'X-Content-Type-Options': '',
    }
    const own = publicApp([plainRoute('get', '/own', async () => ({ status: 200, json: 'a,b', headers }))])
    const response = await get(own, '/own')
    expect(response.headers.get('location')).toBe('/a')
    expect(response.headers.get('content-type')).toBe('text/csv')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('vary')).toBe('Authorization, Api-Key')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('sends a string as the JSON that it is', async () => {
    const ready = publicApp([plainRoute('get', '/ready', async () => ({ status: 200, json: '{"a":1}' }))])
    const response = await get(ready, '/ready')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe('{"a":1}')
  })
})

describe('a fault', () => {
  it.each(errorCodes)('%s is a problem with its status, title and page', async (code) => {
    const faults = [{ path: 'a', message: 'is wrong' }]
    const response = await get(failing(new AppError(code, 'Said to the caller.', { faults })))
    const { status, title } = problemKinds[code]
    expectStatus(response, status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    const problem = (await response.json()) as Record<string, unknown>
    expect(problem).toMatchObject({ type: `/errors/${code}`, title, status, code, faults })
    expect(response.headers.get('x-request-id')).toBe(problem.requestId)
    const waits = response.headers.get('retry-after')
    expect(Number(waits) > 0).toBe('retryAfterS' in problemKinds[code])
  })

  it('says when to come back as the error says, in whole seconds', async () => {
    const response = await get(failing(new AppError('writes_held', 'Held.', { retryAfterS: 2.1 })))
    expect(response.headers.get('retry-after')).toBe('3')
  })

  it('that is unknown says nothing of its inside, and the log does, under the request id', async () => {
    const fault = new TypeError('password=hunter2 at 10.0.0.7', { cause: new Error('deeper') })
    const kit = failing(fault)
    const response = await get(kit)
    expectStatus(response, 500)
    const problem = (await response.json()) as Record<string, unknown>
    expect(JSON.stringify(problem)).not.toMatch(/hunter2|TypeError|10\.0/)
    expect(problem).toMatchObject({ code: 'internal', detail: 'The fault is logged under the request id.' })
    const line = kit.lines.find(({ level }) => level === 'error')
    expect(line).toMatchObject({
      requestId: problem.requestId,
      tenantId: 'acme',
      err: { type: 'TypeError', stack: expect.stringContaining('at '), cause: { message: 'deeper' } },
    })
  })

  it('that is no Error at all is answered too', async () => {
    expectStatus(await get(failing('text')), 500)
    expectStatus(await get(failing(undefined)), 500)
  })
})

describe('not there and not yours', () => {
  it('answer alike but for the request id, whatever the reason', async () => {
    const ids = { ...acme, 'x-request-id': 'same' }
    const answers = await Promise.all([
      get(failing(new AppError('not_found', 'document of tenant globex')), '/fail', ids),
      get(failing(new AppError('not_found', 'never existed')), '/fail', ids),
    ])
    const parts = await Promise.all(
      answers.map(async (answer) => [answer.status, await answer.text(), ...answer.headers].join('|')),
    )
    expect(new Set(parts).size).toBe(1)
    expect(parts[0]).toMatch(/^404/)
  })

  it('differ from a path that is no route, whose answer does not say what exists', async () => {
    for (const path of ['/no/such/route', '/']) {
      const answer = await get(failing(undefined), path)
      expect([answer.status, await answer.json()]).toMatchObject([
        404,
        { detail: expect.stringContaining('does not exist') },
      ])
    }
  })
})

describe('methods', () => {
  const kit = publicApp([
    echoRoute,
    plainRoute('get', '/documents/{documentId}', async () => ({ status: 200, json: { a: 1 } })),
    plainRoute('put', '/documents/{documentId}', async () => ({ status: 200, json: { a: 1 } })),
  ])

  it('that a path does not take are 405 with those that it takes', async () => {
    const response = await kit.app.request('/documents/7', { method: 'DELETE', headers: acme })
    expectStatus(response, 405)
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS, PUT')
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' })
  })

  it('OPTIONS says which there are, and only of known paths', async () => {
    const known = await kit.app.request('/echo', { method: 'OPTIONS' })
    expectStatus(known, 204)
    expect(known.headers.get('allow')).toBe('OPTIONS, POST')
    expectStatus(await kit.app.request('/nothing', { method: 'OPTIONS' }), 404)
  })

  it('HEAD answers as GET does, without the body', async () => {
    const response = await kit.app.request('/documents/7', { method: 'HEAD', headers: acme })
    expectStatus(response, 200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe('')
  })
})

describe('the log', () => {
  const staff = { access: { kind: 'staff', roles: ['platform'] } } as const

  it('has a line for what staff change at info, and for the rest at debug', async () => {
    const kit = adminApp([
      plainRoute('get', '/tenants', async () => ({ status: 200 }), staff),
      plainRoute('post', '/tenants', async () => ({ status: 201 }), staff),
    ])
    const headers = { authorization: 'Bearer staff:platform' }
    await kit.app.request('/tenants', { headers })
    await kit.app.request('/tenants', { method: 'POST', headers })
    const served = kit.lines.filter(({ msg }) => msg === 'served')
    expect(served).toMatchObject([
      { level: 'debug', method: 'get', path: '/tenants', status: 200, subject: 'ann' },
      { level: 'info', method: 'post', status: 201, roles: ['platform'] },
    ])
  })

  it('has a line at info for what is slow', async () => {
    const kit = publicApp([plainRoute('get', '/slow', async () => ({ status: 200 }))], { slowMs: 0 })
    await get(kit, '/slow')
    expect(kit.lines).toMatchObject([{ level: 'info', path: '/slow', tenantId: 'acme' }])
  })

  it('never has the body, the token or a query string', async () => {
    const kit = publicApp([echoRoute])
    await postEcho(kit.app, { query: 'sealed words' }, { ...json }, '?verbose=maybe-sealed')
    await postEcho(kit.app, { query: 'sealed words', nonsense: 'sealed' })
    expect(kit.lines.length).toBe(2)
    expect(JSON.stringify(kit.lines)).not.toMatch(/sealed|Bearer/)
  })

  it('has no warning for what is part of a move or a start', async () => {
    const kit = failing(new AppError('writes_held', 'Held.'))
    await get(kit)
    expect(kit.lines.map(({ level }) => level)).toEqual(['debug'])
  })

  it('has a warning with the cause for a part that cannot be reached', async () => {
    const kit = failing(new AppError('store_unavailable', 'The store is away.', { cause: new Error('ECONNREFUSED') }))
    await get(kit)
    expect(kit.lines[0]).toMatchObject({ level: 'warn', code: 'store_unavailable', err: { message: 'ECONNREFUSED' } })
  })

  it("a handler's logger carries the request id", async () => {
    const kit = publicApp([
      plainRoute('get', '/log', async (call) => {
        call.log.info('hello')
        return { status: 200 }
      }),
    ])
    await get(kit, '/log', { ...acme, 'x-request-id': 'r-1' })
    expect(kit.lines[0]).toMatchObject({ msg: 'hello', requestId: 'r-1' })
  })
})
