import { afterAll, beforeAll, expect, test } from 'vitest'
import { signingKey } from '../../support/issuer.ts'
import { type ServiceReplica, ServiceWorld } from '../../support/service-world.ts'

/** Typical mistakes, one a row, and the sentence that mends each. */
let world: ServiceWorld
let replica: ServiceReplica
let good: string

beforeAll(async () => {
  world = await ServiceWorld.open()
  replica = await world.replica()
  good = await world.onboard(replica, 'acme')
})
afterAll(() => world[Symbol.asyncDispose]())

interface Mistake {
  readonly method?: string
  readonly path?: string
  /** JSON, or a string as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: () => Promise<string | undefined>
  readonly status?: number
  readonly says: string
}

const bearer = async (claims: Record<string, unknown>) => `Bearer ${await world.issuer.token(claims)}`
const now = () => Math.floor(Date.now() / 1000)
const whole = { tenant_id: 'acme', scope: 'rag:read rag:write' }
const vector = Array.from({ length: 64 }, () => 0.5)
const record = (metadata: unknown) => ({ vectors: [{ id: 'r', values: vector, metadata }] })
const upsert = '/vectors/upsert'
const remove = '/vectors/delete'

const mistakes: Readonly<Record<string, Mistake>> = {
  'no token': { token: async () => undefined, status: 401, says: 'send it as `Authorization: Bearer <token>`' },
  'a token without Bearer': {
    token: async () => good.slice(7),
    status: 401,
    says: 'The Authorization header is not `Bearer <token>`.',
  },
  'something that is no token': { token: async () => 'Bearer abc', status: 401, says: 'send the whole access token' },
  'a token of another issuer': {
    token: () => bearer({ ...whole, iss: 'https://elsewhere.example/' }),
    status: 401,
    says: 'The token is from another issuer (`iss`)',
  },
  'a token for another audience': {
    token: () => bearer({ ...whole, aud: 'elsewhere' }),
    status: 401,
    says: 'The token is for another audience (`aud`)',
  },
  'an expired token': {
    token: () => bearer({ ...whole, exp: now() - 3600 }),
    status: 401,
    says: 'The token has expired (`exp`); fetch a new one',
  },
  'a token of tomorrow': {
    token: () => bearer({ ...whole, nbf: now() + 86_400 }),
    status: 401,
    says: 'The token is not valid yet (`nbf`)',
  },
  'a token of another key': {
    token: async () => `Bearer ${await world.issuer.token(whole, { key: await signingKey() })}`,
    status: 401,
    says: "does not match the issuer's keys",
  },
  'a token without a tenant': {
    token: () => bearer({ scope: 'rag:read' }),
    status: 401,
    says: 'The token has neither a tenant in `tenant_id`',
  },
  'a tenant id that is none': {
    token: () => bearer({ ...whole, tenant_id: 'a b' }),
    status: 401,
    says: 'is not a tenant id, which is 1 to 64 letters',
  },
  'groups as one text': {
    token: () => bearer({ ...whole, groups: 'support' }),
    status: 401,
    says: "The token's `groups` is not a list",
  },
  'a token of staff': {
    token: () => world.issuer.staff('platform'),
    status: 403,
    says: 'use the admin listener, or a token of a tenant',
  },
  'a token without the scope': {
    token: () => bearer({ ...whole, scope: 'rag:write' }),
    status: 403,
    says: 'The token lacks the scope rag:read; ask its issuer',
  },
  'a tenant that is not onboarded': {
    token: () => bearer({ ...whole, tenant_id: 'nobody' }),
    status: 403,
    says: 'onboard',
  },
  'a mistyped route': { path: '/retreive', status: 404, says: 'This route does not exist; did you mean /retrieve?' },
  'a route of another service': { path: '/v1/embeddings', status: 404, says: '/docs lists the existing ones' },
  'the wrong method': { method: 'GET', path: '/retrieve', status: 405, says: 'This path takes OPTIONS, POST.' },
  'no content type': { headers: { 'content-type': '' }, status: 415, says: 'send application/json' },
  'a form in the place of JSON': {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'query=x',
    status: 415,
    says: 'The Content-Type is application/x-www-form-urlencoded; send application/json.',
  },
  'another charset': {
    headers: { 'content-type': 'application/json; charset=latin1' },
    status: 415,
    says: 'The charset is another; send UTF-8.',
  },
  'a compressed body': {
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    says: 'send it without Content-Encoding',
  },
  'an empty body': { body: '', says: 'The body is empty; send JSON.' },
  'bad JSON': { body: "{'query': 'x'}", says: 'look for a missing or superfluous quote' },
  'a list in the place of an object': { body: [], says: 'body: must be an object' },
  'a text in the place of an object': { body: '"query"', says: 'body: must be an object' },
  'a body that is too large': {
    body: JSON.stringify({ query: 'x'.repeat(5_000_000) }),
    status: 413,
    says: 'send it in several requests',
  },
  'no question': { body: {}, says: 'query' },
  'a number too large': { body: '{"vector":[1e400]}', says: 'vector[0]: must be a number, and is too large for one' },
  'a misspelled field': { body: { query: 'x', top_k: 3 }, says: 'top_k: unknown field; did you mean `topK`?' },
  'a field that nobody knows': { body: { query: 'x', temperature: 1 }, says: 'unknown field; there are `query`' },
  'a text for a number': { body: { query: 'x', topK: '5' }, says: 'topK: must be a number, and is a text' },
  'a fraction for a whole number': { body: { query: 'x', topK: 1.5 }, says: 'topK: must be a whole number' },
  'topK 0': { body: { query: 'x', topK: 0 }, says: 'topK: must be at least 1' },
  'topK too large': { body: { query: 'x', topK: 10_000 }, says: 'topK: must be at most' },
  'null for a question': { body: { query: null }, says: 'query: must be a text in quotes, and is null' },
  'an empty question': { body: { query: '' }, says: 'query: must not be empty' },
  'a mode that there is not': { body: { query: 'x', mode: 'fuzzy' }, says: 'mode: must be one of "dense"' },
  'a vector of another dimension': {
    body: { vector: [1, 2, 3] },
    says: 'has 3 values, and the index takes 64; embed with the model of the index',
  },
  'a record of another dimension': {
    path: upsert,
    body: { vectors: [{ id: 'r', values: [1] }] },
    says: 'has 1 values, and the index takes 64',
  },
  'a vector of zeros': {
    path: upsert,
    body: { vectors: [{ id: 'r', values: vector.map(() => 0) }] },
    says: 'must have a value other than 0',
  },
  'one record in the place of a list': {
    path: upsert,
    body: { vectors: { id: 'r', values: vector } },
    says: 'vectors: must be a list, as in [...], and is an object',
  },
  'a number for an id': {
    path: upsert,
    body: { vectors: [{ id: 7, values: vector }] },
    says: 'must be a text in quotes',
  },
  'null in metadata': { path: upsert, body: record({ a: null }), says: 'leave out fields without a value' },
  'nested metadata': { path: upsert, body: record({ a: { b: 1 } }), says: 'write what is nested as names like a_b' },
  'a list for metadata': { path: upsert, body: record([1]), says: 'an object, as in {"name": "value"}, and is a list' },
  'a reserved name in metadata': { path: upsert, body: record({ _tr_x: 1 }), says: 'are reserved; use another' },
  'a reserved id': {
    path: upsert,
    body: { vectors: [{ id: '_tr1', values: vector }] },
    says: 'are reserved; use another',
  },
  'the id of a chunk': { path: upsert, body: { vectors: [{ id: 'd#0', values: vector }] }, says: 'use /documents' },
  'a namespace in a delete': {
    path: remove,
    body: { deleteAll: true, namespace: 'scratch' },
    says: 'The token names the tenant: leave the field out.',
  },
  'a delete that says nothing': { path: remove, body: {}, says: 'give exactly one of ids, filter and deleteAll: true' },
  'an empty filter in a delete': {
    path: remove,
    body: { filter: {} },
    says: 'has no condition; to delete everything say deleteAll: true',
  },
  'a filter with an unknown operator': {
    body: { query: 'x', filter: { year: { $like: 'a' } } },
    says: 'filter.year.$like: unknown operator; there are $eq $ne',
  },
  'an operator without its field': {
    body: { query: 'x', filter: { $gte: 2020 } },
    says: 'only $and, $or and names of fields may stand here, as in',
  },
  'a date that is compared': {
    body: { query: 'x', filter: { day: { $gte: '2026-11-28' } } },
    says: 'keep a date as one, as in 20261121',
  },
  'a filter that is a text': { body: { query: 'x', filter: 'year > 2020' }, says: 'filter: must be an object' },
  'a document without text': { method: 'PUT', path: '/documents/a', body: {}, says: 'text: is missing; send a text' },
  'a document id with a slash': {
    method: 'PUT',
    path: '/documents/a%2Fb',
    body: { text: 'x' },
    says: '1 to 400 of the characters A–Z',
  },
}

/** Messages that name no cause. */
const empty = /Invalid input|expected \w+, received|does not verify|Invalid string|Unrecognized key/

test.each(Object.entries(mistakes))('%s is answered by a sentence that mends it', async (_, mistake) => {
  const { method = 'POST', path = '/retrieve', body = { query: 'x' }, headers, token, status = 400, says } = mistake
  const authorization = token === undefined ? good : await token()
  const sent = method === 'GET' ? {} : { body }
  const answer = await replica.public({ method, path, authorization, headers: headers ?? {}, ...sent })
  expect([answer.status, answer.json.detail]).toEqual([status, expect.stringContaining(says)])
  expect(answer.text).not.toMatch(empty)
  for (const secret of Object.values(world.issuer.settings).slice(0, 3)) expect(answer.text).not.toContain(secret)
})
