import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AppError } from '../../src/errors.ts'
import { expectStatus } from '../support/expect-status.ts'
import { acme, adminApp, echoRoute, json, plainRoute, postEcho, publicApp } from './kit-app.ts'

const { app } = publicApp([
  echoRoute,
  plainRoute('get', '/documents/{documentId}', async (call) => ({ status: 200, json: call.params }), {
    params: z.object({ documentId: z.string().max(20) }),
  }),
  plainRoute('delete', '/documents/{documentId}', async () => ({ status: 204 })),
])

describe('who may call', () => {
  it('no token is 401 with a bare challenge, a token that does not verify with an error in it', async () => {
    const none = await postEcho(app, {}, {})
    expectStatus(none, 401)
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="tenant-router"')
    const bad = await postEcho(app, {}, { authorization: 'Bearer nonsense' })
    expectStatus(bad, 401)
    expect(bad.headers.get('www-authenticate')).toBe('Bearer realm="tenant-router", error="invalid_token"')
  })

  it('a tenant token without the scope is 403, and the answer names the scope', async () => {
    const { status, headers, answer } = await postEcho(app, {}, { authorization: 'Bearer tenant:acme:rag:write' })
    expect(status).toBe(403)
    expect(answer).toMatchObject({
      code: 'forbidden',
      detail: 'The token lacks the scope rag:read; ask its issuer for one that has it.',
    })
    expect(headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="rag:read"')
  })

  it('a staff token on the public listener is 403', async () => {
    expectStatus(await postEcho(app, {}, { authorization: 'Bearer staff:platform' }), 403)
  })

  it('a tenant token on the admin listener is 403, and so is a staff token without the role', async () => {
    const { app: admin } = adminApp([
      plainRoute('get', '/moves', async () => ({ status: 200, json: {} }), {
        access: { kind: 'staff', roles: ['platform', 'auditor'] },
      }),
    ])
    const status = async (authorization: string) =>
      (await admin.request('/moves', { headers: { authorization } })).status
    expect(await status('Bearer tenant:acme')).toBe(403)
    expect(await status('Bearer staff:sales')).toBe(403)
    expect(await status('Bearer staff:auditor')).toBe(200)
  })

  it('the token is looked at before anything of the request', async () => {
    expectStatus(await postEcho(app, 'x'.repeat(5_000_000), { 'content-type': 'text/plain' }), 401)
  })

  it('a token that cannot be checked is 503 with Retry-After', async () => {
    const away = publicApp([echoRoute], {
      verify: async () => Promise.reject(new AppError('identity_unavailable', 'The keys cannot be read.')),
    })
    const { status, headers } = await postEcho(away.app, { query: 'a' })
    expect(status).toBe(503)
    expect(headers.get('retry-after')).toBe('5')
  })

  it('a route for staff has no place on the public listener, nor the other way round', () => {
    const staff = plainRoute('get', '/x', async () => ({ status: 200 }), {
      access: { kind: 'staff', roles: ['sales'] },
    })
    expect(() => publicApp([staff])).toThrow(/no place/)
    expect(() => adminApp([echoRoute])).toThrow(/no place/)
  })
})

describe('the limits', () => {
  const headers = { ratelimit: '"default";r=0;t=7', 'ratelimit-policy': '"default";q=10;w=10' }
  const over = new AppError('quota_exceeded', 'Later.', { policies: ['default'], retryAfterS: 6.2 })

  it('show their headers on every answer and let no handler run past them', async () => {
    let served = 0
    const ends: string[] = []
    const limited = (refused?: AppError) =>
      publicApp([plainRoute('get', '/a', async () => ({ status: 200, json: { served: ++served } }))], {
        admit: async ({ tenantId }) => ({
          refused: tenantId === 'acme' ? refused : over,
          headers: () => headers,
          end: () => void ends.push(tenantId),
        }),
      })
    const open = await limited().app.request('/a', { headers: acme })
    expectStatus(open, 200)
    expect(open.headers.get('ratelimit')).toBe(headers.ratelimit)
    const shut = await limited(over).app.request('/a', { headers: acme })
    expectStatus(shut, 429)
    expect(shut.headers.get('ratelimit-policy')).toBe(headers['ratelimit-policy'])
    expect(shut.headers.get('retry-after')).toBe('7')
    expect(await shut.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'quota_exceeded',
      'violated-policies': ['default'],
    })
    expect([served, ends]).toEqual([1, ['acme', 'acme']])
  })

  it('hear of the end once, with any outcome of the request', async () => {
    const ends: string[] = []
    const routes = [
      plainRoute('get', '/fails', async () => Promise.reject(new Error('inside'))),
      plainRoute('get', '/streams', async () => ({ status: 200, events: someEvents() })),
    ]
    let path = ''
    const { app } = publicApp(routes, {
      admit: () => ({ headers: () => headers, end: () => void ends.push(path) }),
    })
    path = '/fails'
    expectStatus(await app.request(path, { headers: acme }), 500)
    path = '/streams'
    const stream = await app.request(path, { headers: acme })
    expect(ends).toEqual(['/fails'])
    await stream.text()
    expect(ends).toEqual(['/fails', '/streams'])
  })
})

async function* someEvents() {
  yield { event: 'token', data: 'a' }
}

describe('a body', () => {
  it('is parsed, defaults included, and given to the handler', async () => {
    const { status, answer } = await postEcho(app, { query: 'a', filter: { tenant_id: 'mine', $and: [] } })
    expect(status).toBe(200)
    expect(answer.body).toEqual({ query: 'a', topK: 5, filter: { tenant_id: 'mine', $and: [] } })
  })

  it.each([
    'text/plain',
    '',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonx',
  ])('of content type %j is 415', async (type) => {
    const { status, answer } = await postEcho(app, { query: 'a' }, { ...acme, 'content-type': type })
    expect(status).toBe(415)
    expect(answer.code).toBe('unsupported_media_type')
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])(
    'of content type %j is taken',
    async (type) => {
      expectStatus(await postEcho(app, { query: 'a' }, { ...acme, 'content-type': type }), 200)
    },
  )

  it('that is compressed is 415', async () => {
    expectStatus(await postEcho(app, { query: 'a' }, { ...json, 'content-encoding': 'gzip' }), 415)
  })

  it.each(['{"query":', '', 'query=a', '{"query":"a"} x'])('of %j is 400 and not quoted back', async (text) => {
    const { status, answer } = await postEcho(app, text)
    expect(status).toBe(400)
    expect(answer).toMatchObject({ code: 'invalid_request', detail: expect.stringMatching(/^The body is/) })
    expect(answer.detail).not.toContain('query')
  })

  it.each(['[]', '"text"', 'null', '7'])('of %j is 400: an object is wanted', async (text) => {
    expect((await postEcho(app, text)).answer).toMatchObject({ code: 'invalid_request', faults: [{ path: 'body' }] })
  })

  it('that is not UTF-8 is 400', async () => {
    const body = Buffer.concat([Buffer.from('{"query":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    const response = await app.request('/echo', { method: 'POST', headers: json, body })
    expectStatus(response, 400)
    expect(await response.json()).toMatchObject({ detail: 'The body is not UTF-8; encode it as that.' })
  })

  it('over the limit is 413, with and without a content length', async () => {
    const small = publicApp([{ ...echoRoute, bodyLimitBytes: 100 }])
    const over = JSON.stringify({ query: 'a'.repeat(100) })
    expectStatus(await postEcho(small.app, over), 413)
    expectStatus(await postEcho(small.app, over, { ...json, 'content-length': String(over.length) }), 413)
    expectStatus(await postEcho(small.app, { query: 'a' }), 200)
    expectStatus(await postEcho(app, { query: 'a'.repeat(4 * 1024 * 1024) }), 413)
  })

  it('with faults names every one of them, with its path', async () => {
    const { answer } = await postEcho(app, { query: '', topK: 1.5, filter: 3, top_k: 4, verbose: true })
    const faults = answer.faults as { path: string; message: string }[]
    expect(faults.map(({ path }) => path).sort()).toEqual(['filter', 'query', 'topK', 'top_k', 'verbose'])
    expect(faults.find(({ path }) => path === 'top_k')?.message).toBe('unknown field; did you mean `topK`?')
  })

  it('with an array and an object in the way names the path as one would write it', async () => {
    const nested = z.object({ vectors: z.array(z.strictObject({ values: z.array(z.number()).max(9) })).max(9) })
    const { app: inner } = publicApp([plainRoute('post', '/echo', async () => ({ status: 200 }), { body: nested })])
    const { answer } = await postEcho(inner, { vectors: [{ values: [1] }, { values: [1, 'x'], valeus: 1 }] })
    const paths = (answer.faults as { path: string }[]).map(({ path }) => path)
    expect(paths.sort()).toEqual(['vectors[1].valeus', 'vectors[1].values[1]'])
  })

  it('with more faults than anyone reads names the first ten', async () => {
    const body = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`field${i}`, i]))
    const { status, answer } = await postEcho(app, body)
    expect(status).toBe(400)
    expect(answer.faults).toHaveLength(10)
  })

  it('nested beyond reason is 400, not a fault of ours', async () => {
    interface Tree {
      a?: Tree | undefined
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ a: tree.optional() }))
    const { app: deep } = publicApp([plainRoute('post', '/echo', async () => ({ status: 200 }), { body: tree })])
    const { answer } = await postEcho(deep, `${'{"a":'.repeat(100_000)}{}${'}'.repeat(100_000)}`)
    expect(answer).toMatchObject({
      code: 'invalid_request',
      faults: [{ message: 'is nested deeper than 64 levels; send a flatter one' }],
    })
  })

  it('is judged by its levels, and not by brackets in its texts', async () => {
    const any = z.object({ text: z.string(), tree: z.unknown() })
    const { app: deep } = publicApp([
      plainRoute('post', '/echo', async () => ({ status: 200, json: {} }), { body: any }),
    ])
    const nested = (levels: number) =>
      `{"text":"${'[{'.repeat(100)}","tree":${'['.repeat(levels)}${']'.repeat(levels)}}`
    const statusOf = async (levels: number) => (await postEcho(deep, nested(levels))).status
    expect([await statusOf(1), await statusOf(63), await statusOf(64)]).toEqual([200, 200, 400])
    const bare = (levels: number) => nested(levels).replace('[{'.repeat(100), '')
    expect([(await postEcho(deep, bare(63))).status, (await postEcho(deep, bare(64))).status]).toEqual([200, 400])
  })
})

describe('parameters', () => {
  it('of the path are decoded and checked', async () => {
    const read = async (id: string) => (await app.request(`/documents/${id}`, { headers: acme })).json()
    expect(await read('a%2Fb%20c')).toEqual({ documentId: 'a/b c' })
    expect(await read('x'.repeat(21))).toMatchObject({ code: 'invalid_request', faults: [{ path: 'documentId' }] })
  })

  it('of the query are checked; unknown ones are refused with a hint', async () => {
    expect((await postEcho(app, { query: 'a' }, json, '?verbose=true')).answer.query).toEqual({ verbose: true })
    expect((await postEcho(app, { query: 'a' }, json, '?verbose=perhaps')).answer.faults).toMatchObject([
      { path: 'verbose' },
    ])
    expect((await postEcho(app, { query: 'a' }, json, '?verbos=true')).answer.faults).toEqual([
      { path: 'verbos', message: 'unknown field; did you mean `verbose`?' },
    ])
  })

  it('that repeat come as a list', async () => {
    const many = plainRoute('get', '/many', async (call) => ({ status: 200, json: call.query }), {
      query: z.object({ tag: z.array(z.string()).max(9) }),
    })
    const response = await publicApp([many]).app.request('/many?tag=a&tag=b', { headers: acme })
    expect(await response.json()).toEqual({ tag: ['a', 'b'] })
  })
})

describe('an upload', () => {
  const upload = plainRoute(
    'post',
    '/upload',
    async ({ form }) => {
      const text = Buffer.from(form?.files[0]?.bytes ?? []).toString()
      const names = [...(form?.files ?? []).map(({ field }) => field), ...(form?.texts ?? []).map(({ name }) => name)]
      return { status: 202, json: { text, names }, headers: { location: '/documents/1' } }
    },
    { form: { filesMax: 1, manyFiles: 'send one' }, bodyLimitBytes: 1000 },
  )
  const send = (form: FormData) =>
    publicApp([upload]).app.request('/upload', { method: 'POST', headers: acme, body: form })

  it('is given whole, without fields that name a tenant', async () => {
    const form = new FormData()
    form.set('file', new File(['hello'], 'a.txt'))
    form.set('tenant_id', 'other')
    const response = await send(form)
    expectStatus(response, 202)
    expect(response.headers.get('location')).toBe('/documents/1')
    expect(await response.json()).toEqual({ text: 'hello', names: ['file'] })
  })

  it('over its own limit is 413, of another type 415, and broken 400', async () => {
    const form = new FormData()
    form.set('file', new File(['x'.repeat(2000)], 'a.txt'))
    expectStatus(await send(form), 413)
    const { app: one } = publicApp([upload])
    expectStatus(await one.request('/upload', { method: 'POST', headers: json, body: '{}' }), 415)
    const headers = { ...acme, 'content-type': 'multipart/form-data; boundary=x' }
    expectStatus(await one.request('/upload', { method: 'POST', headers, body: 'nonsense' }), 400)
  })
})

describe('Postgres that is unavailable', () => {
  const lost = Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' })
  const refusing = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' })
  const failing = (method: 'get' | 'post', fault: Error, access: Parameters<typeof plainRoute>[3] = {}) =>
    plainRoute(method, '/x', () => Promise.reject(new Error('Failed query', { cause: fault })), access)

  it('is 503 with Retry-After for what did not happen, and says nothing of where it is', async () => {
    for (const fault of [lost, refusing]) {
      const answer = await publicApp([failing('post', fault)]).app.request('/x', { method: 'POST', headers: acme })
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      const problem = await answer.json()
      expect(problem).toMatchObject({
        code: 'registry_unavailable',
        detail: 'The registry cannot be reached. Try again.',
      })
    }
  })

  it('whose disk is full is 503 too, and says so', async () => {
    const full = Object.assign(new Error('could not extend file'), { code: '53100' })
    const answer = await publicApp([failing('post', full)]).app.request('/x', { method: 'POST', headers: acme })
    const detail = expect.stringContaining('The disk of the registry is full.')
    expectStatus(answer, 503)
    expect(await answer.json()).toMatchObject({ code: 'registry_unavailable', detail })
  })

  it('is 504 for a change by staff that may have been committed before the connection broke', async () => {
    const access = { access: { kind: 'staff', roles: ['platform'] } } as const
    const ask = async (method: 'get' | 'post', fault: Error) => {
      const { app: admin } = adminApp([failing(method, fault, access)])
      const request = { method: method.toUpperCase(), headers: { authorization: 'Bearer staff:platform' } }
      return ((await (await admin.request('/x', request)).json()) as { code: string }).code
    }
    expect(await ask('post', lost)).toBe('outcome_unknown')
    expect(await ask('post', refusing)).toBe('registry_unavailable')
    expect(await ask('get', lost)).toBe('registry_unavailable')
  })
})
