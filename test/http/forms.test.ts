import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { openTraffic } from '../../src/http/pipeline/traffic.ts'
import { acme, plainRoute, publicApp } from './kit-app.ts'

/** Answers with what it was given of a form. */
const upload = plainRoute(
  'post',
  '/upload',
  async ({ form }) => ({
    status: 200,
    json: {
      texts: form?.texts,
      files: form?.files.map(({ bytes, ...file }) => ({ ...file, text: Buffer.from(bytes).toString() })),
    },
  }),
  { form: { filesMax: 2, manyFiles: 'send the others apart' }, bodyLimitBytes: 1024 * 1024 },
)

const part = (head: string, content = '') => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`
const file = (name: string, content = 'A text.') => part(`name="file"; filename="${name}"`, content)
const field = (name: string, content = '') => part(`name="${name}"`, content)
const end = '--b--\r\n'

async function send(body: string, contentType = 'multipart/form-data; boundary=b') {
  const headers = { ...acme, 'content-type': contentType }
  const response = await publicApp([upload]).app.request('/upload', { method: 'POST', headers, body })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

test('a form is given as it was sent: names, types with their charset, empty parts, and what is between', async () => {
  const typed =
    '--b\r\nContent-Type: text/plain; charset=windows-1252\r\nContent-Disposition: form-data; name=file; filename="ü \\"x\\" %22y%22.txt"\r\n\r\nline\r\n--c\r\n\r\n'
  const extended = part(`name="file"; filename="x"; filename*=UTF-8''%C3%A4.md`, '')
  const { status, json } = await send(
    `preamble\r\n${typed}${field('source', '')}${field('documentId', 'd')}${extended}${end}epilogue`,
  )
  expect(status).toBe(200)
  expect(json).toEqual({
    texts: [
      { name: 'source', value: '' },
      { name: 'documentId', value: 'd' },
    ],
    files: [
      {
        field: 'file',
        name: 'ü "x" "y".txt',
        contentType: 'text/plain; charset=windows-1252',
        text: 'line\r\n--c\r\n',
      },
      { field: 'file', name: 'ä.md', text: '' },
    ],
  })
})

test.each([
  ['too many fields', Array.from({ length: 21 }, (_, at) => field(`f${at}`, 'x')).join(''), 413, 'more than 20 fields'],
  ['a huge field', field('metadata', 'x'.repeat(65_537)), 413, 'metadata: has more than 65536 bytes'],
  ['a huge file', file('a.txt', 'x'.repeat(1024 * 1024)), 413, 'over 1048576 bytes'],
  ['a name without an end', field('n'.repeat(101)), 413, 'more than 100 characters'],
  ['huge headers', part(`name="file"; filename="${'n'.repeat(20_000)}"`, 'x'), 413, 'more than 16384 bytes'],
  [
    'many headers',
    `--b\r\n${'X-A: b\r\n'.repeat(40)}Content-Disposition: form-data; name="file"\r\n\r\nx\r\n`,
    413,
    '32 headers',
  ],
  [
    'three files where two may be',
    file('a') + file('b') + file('c'),
    400,
    'are at most 2 at once; send the others apart',
  ],
  ['a part without a name', part('filename="a.txt"', 'x'), 400, 'has no name'],
  ['a part without headers', `--b\r\n\r\nx\r\n${file('a')}`, 400, 'has no name'],
  ['a part that is no field', `--b\r\nContent-Disposition: attachment; name="file"\r\n\r\nx\r\n`, 400, 'has no name'],
  ['NUL in a name', field('a\0b', 'x'), 400, 'NUL'],
])('%s is refused with a sentence', async (_, parts, status, words) => {
  for (const body of [parts + end, file('first.txt') + parts + end]) {
    const answer = await send(body)
    expect([answer.status, answer.json.detail]).toEqual([status, expect.stringContaining(words)])
  }
})

test.each([
  ['no end', file('a.txt')],
  ['an end in the middle of a file', file('a.txt').slice(0, -6)],
  ['an end in the middle of a header', part('name="file"').slice(0, 30)],
  ['another boundary', `${file('a.txt')}${end}`.replaceAll('--b', '--c')],
  ['nothing at all', ''],
])('a form with %s breaks off', async (_, body) => {
  const { status, json } = await send(body)
  expect([status, json.detail]).toEqual([400, expect.stringContaining('breaks off')])
})

test.each([
  ['multipart/form-data', 400, 'has no boundary'],
  ['multipart/form-data; boundary=', 400, 'has no boundary'],
  ['multipart/mixed; boundary=b', 415, 'send multipart/form-data'],
  ['application/x-www-form-urlencoded', 415, 'send multipart/form-data'],
  ['', 415, 'send multipart/form-data'],
])('of the type %j is refused, and told how to send it', async (contentType, status, words) => {
  const answer = await send(file('a.txt') + end, contentType)
  expect([answer.status, answer.json.detail]).toEqual([status, expect.stringContaining(words)])
})

test('what is too much is refused while it comes, and nothing of it is held', async () => {
  using traffic = openTraffic()
  const { app } = publicApp([upload], { traffic })
  await using server = await listen(app, { host: '127.0.0.1', port: 0, closeLimitMs: 100 })
  const headers = { ...acme, 'content-type': 'multipart/form-data; boundary=b' }
  const sending = request(`${server.url}/upload`, { method: 'POST', headers })
  sending.on('error', () => undefined)
  // The form goes on for ever; its third file is answered all the same.
  sending.write(file('a') + file('b') + file('c'))
  const [response] = await once(sending, 'response')
  expect(response.statusCode).toBe(400)
  response.resume()
  await once(response, 'end')
  sending.destroy()
  await expect.poll(() => traffic.bodies.held).toEqual({ bytes: 0, underWay: 0 })
})
