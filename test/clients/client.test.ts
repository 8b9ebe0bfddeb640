import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { answerOf, TenantRouterError } from '../../clients/typescript/answer.ts'
import { createClient } from '../../clients/typescript/client.ts'
import { importsOf, readSourceTree } from '../../scripts/arrows/source-tree.ts'

const baseUrl = 'http://service.test'
const good = () => Response.json({ items: [], nextCursor: null })
const refused = (status: number, headers: Record<string, string> = {}) =>
  Response.json(
    { type: '/errors/a', title: 'A', status, detail: 'Why not.', code: 'quota_exceeded', requestId: 'r-1' },
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  )

/** A service that gives these answers one after the other, and what it was sent. */
function scripted(...answers: readonly (() => Response)[]) {
  const sent: { readonly url: string; readonly authorization: string | null; readonly body: string }[] = []
  const fetch = async (request: Request): Promise<Response> => {
    const answer = answers[sent.length]
    sent.push({ url: request.url, authorization: request.headers.get('authorization'), body: await request.text() })
    if (answer === undefined) throw new Error('one request more than answers')
    return answer()
  }
  return { fetch, sent }
}

test('a call carries the token and gives typed data', async () => {
  const { fetch, sent } = scripted(good)
  const client = createClient({ baseUrl, token: 'abc', fetch })
  const { items } = await answerOf(client.GET('/documents', { params: { query: { limit: 3 } } }))
  expect(items).toEqual([])
  expect(sent).toEqual([{ url: `${baseUrl}/documents?limit=3`, authorization: 'Bearer abc', body: '' }])
})

test('429 and 503 are repeated, each time with the whole body and a token that is asked for anew', async () => {
  const { fetch, sent } = scripted(
    () => refused(429, { 'retry-after': '0' }),
    () => refused(503, { 'retry-after': new Date(0).toUTCString() }),
    () => Response.json({ matches: [] }),
  )
  let asked = 0
  const client = createClient({ baseUrl, token: async () => `token-${++asked}`, fetch })
  await answerOf(client.POST('/retrieve', { body: { query: 'bikes' } }))
  expect(sent.map(({ authorization, body }) => [authorization, body])).toEqual([
    ['Bearer token-1', '{"query":"bikes"}'],
    ['Bearer token-2', '{"query":"bikes"}'],
    ['Bearer token-3', '{"query":"bikes"}'],
  ])
})

test('it gives up after the retries, with the last answer', async () => {
  const again = () => refused(503, { 'retry-after': '0' })
  const { fetch, sent } = scripted(again, again, again)
  const client = createClient({ baseUrl, token: 'abc', fetch, retries: 2 })
  const thrown = await answerOf(client.GET('/documents')).catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(TenantRouterError)
  expect(thrown).toMatchObject({ status: 503, problem: { code: 'quota_exceeded', requestId: 'r-1' } })
  expect(String(thrown)).toContain('Why not. (quota_exceeded, request r-1)')
  expect(sent).toHaveLength(3)
})

test.each([400, 401, 404, 409, 500, 504])('%i is given back at once', async (status) => {
  const { fetch, sent } = scripted(() => refused(status, { 'retry-after': '0' }))
  const { response, error } = await createClient({ baseUrl, token: 'abc', fetch }).GET('/documents')
  expect([response.status, error, sent.length]).toEqual([
    status,
    expect.objectContaining({ status, requestId: 'r-1' }),
    1,
  ])
})

test('a wait that is longer than the caller’s patience is the caller’s to decide about', async () => {
  const { fetch, sent } = scripted(() => refused(429, { 'retry-after': '3600' }))
  const { response } = await createClient({ baseUrl, token: 'abc', fetch }).GET('/documents')
  expect([response.status, response.headers.get('retry-after'), sent.length]).toEqual([429, '3600', 1])
})

test('a caller that disconnects ends the waiting', async () => {
  const going = new AbortController()
  const { fetch, sent } = scripted(() => {
    queueMicrotask(() => going.abort(new Error('gone')))
    return refused(429, { 'retry-after': '20' })
  })
  const client = createClient({ baseUrl, token: 'abc', fetch })
  await expect(client.GET('/documents', { signal: going.signal })).rejects.toThrow('gone')
  expect(sent).toHaveLength(1)
})

test('what is not the service’s answer has no problem', async () => {
  const { fetch } = scripted(() => new Response('<h1>Bad gateway</h1>', { status: 502 }))
  const call = createClient({ baseUrl, token: 'abc', fetch }).GET('/documents')
  await expect(answerOf(call)).rejects.toMatchObject({ status: 502, problem: undefined })
})

test('clients import nothing of the service, and adapters only the client', async () => {
  const tree = await readSourceTree(fileURLToPath(new URL('../../clients', import.meta.url)))
  const own = [...tree].filter(([path]) => !path.includes('node_modules/'))
  expect(own.length).toBeGreaterThan(8)
  const imported = own.flatMap(([path, text]) =>
    importsOf(path, text).flatMap(({ file }) => (file ? [{ path, file }] : [])),
  )
  expect(imported.length).toBeGreaterThan(4)
  const folderOf = (path: string) => path.split('/')[0] ?? ''
  const outside = imported.filter(({ path, file }) => !['typescript', folderOf(path)].includes(folderOf(file)))
  expect(outside).toEqual([])
})
