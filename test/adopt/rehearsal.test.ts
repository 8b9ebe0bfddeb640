import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { bagOfWords } from '../support/hash-embedder.ts'
import { AdoptWorld } from './adopt-world.ts'

/** Five schemes by which teams name their namespaces, a hundred of each; the id that each tenant shall have. */
const schemes: readonly ((n: number) => readonly [namespace: string, tenantId: string])[] = [
  (n) => [`customer-${n}`, `c${n}`],
  (n) => [`ORG:${n}/prod`, `org-${n}-prod`],
  (n) => [`${n}.emea.example.com`, `emea_${n}`],
  (n) => [`Team ${n} (EU)`, `Team-${n}`],
  (n) => [`0b5e8f00-0000-4000-8000-${String(n).padStart(12, '0')}`, `u${n}`],
]
const perScheme = 100
const all = schemes.flatMap((scheme) => Array.from({ length: perScheme }, (_, n) => scheme(n)))

let world: AdoptWorld
beforeAll(async () => {
  world = await AdoptWorld.open()
  await world.index('legacy')
  const { host } = await world.pinecone.indexes.describe('legacy')
  for (let from = 0; from < all.length; from += 25) {
    await Promise.all(all.slice(from, from + 25).map(([namespace]) => fill(host, namespace)))
  }
  const stats = () => world.pinecone.index({ host }).describeIndexStats()
  await vi.waitFor(async () => expect((await stats()).totalRecordCount).toBe(all.length * 2), { timeout: 60_000 })
})
afterAll(() => world[Symbol.asyncDispose]())

const fill = (host: string, namespace: string) =>
  world.pinecone.index({ host, namespace }).upsert({
    records: ['bell', 'lamp'].map((word) => ({
      id: `${word}#0`,
      values: bagOfWords(word),
      metadata: { chunk_text: `The ${word} of ${namespace}.` },
    })),
  })

/** An app of one tenant, which writes on, first with its older key and then through the router. */
class App {
  readonly id: string
  readonly namespace: string
  readonly written = new Set<string>()
  readonly faults: string[] = []
  isSwitched = false
  #isEnded = false
  #work: Promise<void> | undefined

  constructor([namespace, id]: readonly [string, string]) {
    this.namespace = namespace
    this.id = id
  }

  start(): void {
    this.#work = this.#writeOn()
  }

  async end(): Promise<void> {
    this.#isEnded = true
    await this.#work
  }

  async #writeOn(): Promise<void> {
    const direct = await world.direct('legacy', this.namespace)
    for (let n = 0; !this.#isEnded; n++) {
      const record = { id: `w#${n}`, values: bagOfWords(`word${n}`), metadata: { chunk_text: `word${n}`, n } }
      if (this.isSwitched) {
        const answer = await world.app(
          this.id,
          '/vectors/upsert',
          { vectors: [record] },
          world.replicas[n % 2 === 0 ? 0 : 1],
        )
        if (answer.status === 503) continue
        if (answer.status !== 200) this.faults.push(answer.text)
      } else await direct.upsert({ records: [record] })
      this.written.add(record.id)
      const read = await world.app(this.id, '/retrieve', { query: 'bell', topK: 1 }, world.replicas[n % 2])
      const [match] = read.json.matches ?? []
      if (read.status !== 200 || match?.text !== `The bell of ${this.namespace}.`) this.faults.push(read.text)
    }
  }
}

test('an index of 500 namespaces is adopted, its apps are switched under traffic, it is sealed, and one is promoted', async () => {
  await world.adopt('legacy', { kind: 'pool', model: 'hash', fields: { text: 'chunk_text' } })
  const map = all.map(([namespace, tenantId]) => ({ namespace, tenantId }))
  const dry = await world.adoptTenants('legacy', { map }, true)
  expect(dry.json).toMatchObject({ counts: { new: 500, conflict: 0, skipped: 0, ours: 0 }, records: 1000, leftOff: 0 })
  expectStatus(await world.adoptTenants('legacy', { map }), 200)
  expect((await world.adoptTenants('legacy', { map })).json).toMatchObject({ adopted: 0, counts: { ours: 500 } })

  // Every tenant finds its own record, and nobody else's.
  for (let from = 0; from < all.length; from += 25) {
    await Promise.all(
      all.slice(from, from + 25).map(async ([namespace, id], at) => {
        const { json } = await world.app(id, '/retrieve', { query: 'bell', topK: 10 }, world.replicas[at % 2])
        expect(json.matches.map(({ text }: { text: string }) => text)).toEqual([
          `The bell of ${namespace}.`,
          `The lamp of ${namespace}.`,
        ])
      }),
    )
  }

  const apps = schemes.map((scheme) => new App(scheme(7)))
  for (const app of apps) app.start()
  for (const app of apps) {
    const before = app.written.size
    await expect.poll(() => app.written.size, { timeout: 60_000 }).toBeGreaterThan(before + 2)
    app.isSwitched = true
  }
  // The last writes with the older key have ended when each app has written through the router.
  for (const app of apps) {
    const before = app.written.size
    await expect.poll(() => app.written.size, { timeout: 60_000 }).toBeGreaterThan(before + 3)
  }
  expectStatus(await world.admin('POST', '/indexes/legacy/seal', { oldKeyRevoked: true, watchS: 3 }), 200)
  const adopted = async () => (await world.admin('GET', '/indexes')).json.items[0].adopted
  await expect.poll(adopted, { timeout: 60_000 }).toBe('sealed')
  expect((await world.admin('GET', '/audit?action=place.foreign_write')).json.items).toEqual([])

  const [moved] = apps
  if (moved === undefined) throw new Error('there are five')
  const started = await world.admin('POST', `/tenants/${moved.id}/moves`, { kind: 'promote' })
  expectStatus(started, 202)
  const move = async () => (await world.admin('GET', `/moves/${started.json.id}`)).json
  await expect.poll(async () => (await move()).state, { timeout: 120_000 }).toBe('soaking')
  const after = moved.written.size
  await expect.poll(() => moved.written.size, { timeout: 60_000 }).toBeGreaterThan(after + 2)
  for (const app of apps) await app.end()

  for (const app of apps) {
    expect(app.faults).toEqual([])
    const ids = [...app.written, 'bell#0', 'lamp#0']
    await expect
      .poll(async () => Object.keys((await world.app(app.id, '/vectors/fetch', { ids })).json.vectors).length)
      .toBe(ids.length)
  }
  expect((await world.admin('GET', `/tenants/${moved.id}`)).json.placement).toMatchObject({
    kind: 'silo',
    generation: 2,
  })
  const { json } = await world.app(moved.id, '/retrieve', { query: 'lamp', topK: 1 })
  expect(json.matches).toMatchObject([{ id: 'lamp#0', text: `The lamp of ${moved.namespace}.` }])
})
