import { describe, expect, test } from 'vitest'
import { call, makeIndex, startServer, upsert } from './harness.ts'

const awkward = [
  'a',
  'A',
  'B',
  'a#1',
  'a#10',
  'a#2',
  'a%',
  'a_',
  'ab',
  'a b',
  '~',
  '0',
  'a/1',
  'a.',
  'Z',
  "a'b",
  '__proto__',
]
const bytewise = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)

async function pages(url: string, pick: (body: never) => string[]): Promise<string[][]> {
  const all: string[][] = []
  let token: string | undefined
  do {
    const separator = url.includes('?') ? '&' : '?'
    const next = token === undefined ? '' : `${separator}paginationToken=${encodeURIComponent(token)}`
    const reply = await call(url + next, 'GET')
    all.push(pick(reply.body as never))
    token = reply.body.pagination?.next
  } while (token !== undefined)
  return all
}

const recordIds = (body: { vectors: { id: string }[] }) => body.vectors.map(({ id }) => id)
const names = (body: { namespaces: { name: string }[] }) => body.namespaces.map(({ name }) => name)

describe('paging', () => {
  test('lists ids in byte order, each once, on pages of the size asked for', async () => {
    const host = await makeIndex(await startServer())
    await upsert(
      host,
      awkward.map((id) => ({ id, values: [1, 0] })),
    )
    const listed = await pages(`${host}/vectors/list?namespace=a&limit=4`, recordIds)
    expect(listed.flat()).toEqual([...awkward].sort(bytewise))
    expect(listed.map((page) => page.length)).toEqual([4, 4, 4, 4, 1])
  })

  test('takes a prefix as plain text', async () => {
    const host = await makeIndex(await startServer())
    await upsert(
      host,
      awkward.map((id) => ({ id, values: [1, 0] })),
    )
    for (const prefix of ['a', 'a#', 'a_', 'a%', '', 'nothing', '__']) {
      const url = `${host}/vectors/list?namespace=a&limit=3&prefix=${encodeURIComponent(prefix)}`
      const wanted = awkward.filter((id) => id.startsWith(prefix)).sort(bytewise)
      expect((await pages(url, recordIds)).flat()).toEqual(wanted)
    }
  })

  test('goes on after the last id seen, whatever is written or deleted meanwhile', async () => {
    const host = await makeIndex(await startServer())
    await upsert(
      host,
      ['b', 'd', 'f', 'h'].map((id) => ({ id, values: [1, 0] })),
    )
    const first = await call(`${host}/vectors/list?namespace=a&limit=2`, 'GET')
    await call(`${host}/vectors/delete`, 'POST', { namespace: 'a', ids: ['d'] })
    await upsert(
      host,
      ['a', 'e'].map((id) => ({ id, values: [1, 0] })),
    )
    const token = encodeURIComponent(first.body.pagination.next)
    const second = await call(`${host}/vectors/list?namespace=a&limit=9&paginationToken=${token}`, 'GET')
    expect(recordIds(second.body)).toEqual(['e', 'f', 'h'])
  })

  test('lists namespaces by prefix in byte order with the number of all that match', async () => {
    const host = await makeIndex(await startServer())
    const made = awkward.map((name) => `t-${name}`)
    for (const name of [...made, 'other']) await call(`${host}/namespaces`, 'POST', { name })
    const url = `${host}/namespaces?prefix=t-&limit=5`
    expect((await pages(url, names)).flat()).toEqual([...made].sort(bytewise))
    expect((await call(url, 'GET')).body.total_count).toBe(made.length)
    expect((await call(`${host}/namespaces`, 'GET')).body.total_count).toBe(made.length + 1)
    const odd = encodeURIComponent('t-a/1')
    expect((await call(`${host}/namespaces/${odd}`, 'GET')).body.name).toBe('t-a/1')
  })

  test('pages through records that match a filter', async () => {
    const host = await makeIndex(await startServer())
    await upsert(
      host,
      Array.from({ length: 25 }, (_, i) => ({ id: `r${i}`, values: [1, i], metadata: { even: i % 2 === 0 } })),
    )
    const seen: string[] = []
    let paginationToken: string | undefined
    do {
      const body = { namespace: 'a', filter: { even: true }, limit: 4, ...(paginationToken ? { paginationToken } : {}) }
      const reply = await call(`${host}/vectors/fetch_by_metadata`, 'POST', body)
      seen.push(...Object.keys(reply.body.vectors))
      paginationToken = reply.body.pagination?.next
    } while (paginationToken !== undefined)
    const wanted = Array.from({ length: 13 }, (_, i) => `r${i * 2}`).sort(bytewise)
    expect(seen).toEqual(wanted)
  })
})
