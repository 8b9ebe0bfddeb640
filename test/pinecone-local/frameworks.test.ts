import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Exchange, parsed, withoutHosts } from '../frameworks/recorder.ts'
import { call, startServer } from './harness.ts'

const folder = new URL('../frameworks/recordings/', import.meta.url)
const names = readdirSync(folder).map((file) => file.replace('.json', ''))

test('of each framework and SDK there is a recording', () => {
  expect(names.toSorted()).toEqual(
    ['langchain', 'llamaindex', 'mastra', 'sdk-4', 'sdk-5', 'sdk-6', 'sdk-7', 'sdk-8', 'sdk-9'].toSorted(),
  )
})

/** Recordings of `npm run test:frameworks`, from runs in which the framework accepted each answer. */
test.each(names)('what %s sends is answered as when it was recorded', async (name) => {
  const exchanges: Exchange[] = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
  expect(exchanges.length).toBeGreaterThan(10)
  const server = await startServer()
  const hosts = new Map<string, string>()
  for (const { method, path, version, body, status, answer } of exchanges) {
    const url = server.url + path.replace(/\{host:([a-z0-9-]+)\}/, (_, index) => hosts.get(index) ?? 'unknown')
    const reply = await call(url, method, body ?? undefined, { version })
    const { name: index, host } = (reply.body ?? {}) as { name?: string; host?: string }
    if (index !== undefined && host !== undefined) hosts.set(index, new URL(host).pathname.slice('/i/'.length))
    expect({ status: reply.status, answer: parsed(withoutHosts(reply.text, server.url)) }, `${method} ${path}`).toEqual(
      {
        status,
        answer,
      },
    )
  }
})
