import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { AdoptWorld } from './adopt-world.ts'

let world: AdoptWorld

beforeAll(async () => {
  // Rounds farther apart than the watch that a test asks for.
  world = await AdoptWorld.open({}, { adoptedWatchEveryMs: 1_500 })
})

afterAll(() => world[Symbol.asyncDispose]())

/** Makes an index with one tenant, whose app is not switched yet. */
async function adopted(name: string): Promise<void> {
  await world.index(name)
  await world.fill(name, `ns-${name}`, ['The river freezes.', 'The lake does not.'])
  await world.adopt(name)
  const plan = () => world.adoptTenants(name, { pattern: 'ns-{id}' }, true)
  await expect.poll(async () => (await plan()).json.counts.new, { timeout: 60_000 }).toBe(1)
  expectStatus(await world.adoptTenants(name, { pattern: 'ns-{id}' }), 200)
}

/** How the index stands once its watch is over, while somebody writes all the time. */
async function sealedUnder(name: string, watchS: number, write: (at: number) => Promise<void>): Promise<string> {
  let at = 0
  await write(at++)
  expectStatus(await world.admin('POST', `/indexes/${name}/seal`, { oldKeyRevoked: true, watchS }), 200)
  const state = async () => {
    await write(at++)
    const { json } = await world.admin('GET', '/indexes')
    return json.items.find((index: { readonly name: string }) => index.name === name).adopted
  }
  await expect.poll(state, { interval: 150, timeout: 60_000 }).not.toBe('sealing')
  return state()
}

async function suspicions(): Promise<readonly string[]> {
  const { json } = await world.admin('GET', '/audit?action=place.foreign_write')
  return json.items.map(({ detail }: { readonly detail: { readonly index: string } }) => detail.index)
}

test('an app that writes through the router all the while is no foreign writer', async () => {
  await adopted('busy')
  const write = async (at: number) => {
    const body = { vectors: [{ id: `ours-${at % 7}`, values: bagOfWords(`${at}`), metadata: { at } }] }
    expectStatus(await world.app('busy', '/vectors/upsert', body, world.replicas[at % 2 === 0 ? 0 : 1]), 200)
  }
  // Longer than a number above the reported ones waits for its explanation.
  expect(await sealedUnder('busy', 10, write)).toBe('sealed')
  expect(await suspicions()).not.toContain('busy')
})

test('a watch that is shorter than a round compares two looks all the same', async () => {
  await adopted('foreign')
  const direct = await world.direct('foreign', 'ns-foreign')
  const write = async (at: number) => {
    await direct.upsert({ records: [{ id: 'theirs', values: bagOfWords('x'), metadata: { at } }] })
  }
  expect(await sealedUnder('foreign', 1, write)).toBe('unsealed')
  expect(await suspicions()).toContain('foreign')
})
