import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Overrides } from '../../src/parts/overrides.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { expectStatus } from '../support/expect-status.ts'
import { moveRows } from '../support/move-rows.ts'
import type { Answer, ServiceReplica } from '../support/service-world.ts'
import { TwoProjects } from '../support/two-projects.ts'

/** Far more than a step of a move takes, so that one that hangs is explained. */
const hangsAfterMs = 90_000

/** A tenant `acme` in us-east-1, two replicas, and a second Pinecone project, of eu-west-1 unless it is told otherwise. */
export class RelocateWorld implements AsyncDisposable {
  readonly two: TwoProjects
  readonly a: ServiceReplica
  readonly b: ServiceReplica
  readonly #app: string
  readonly #staff: string

  private constructor(
    two: TwoProjects,
    replicas: readonly [ServiceReplica, ServiceReplica],
    tokens: { readonly app: string; readonly staff: string },
  ) {
    this.two = two
    this.a = replicas[0]
    this.b = replicas[1]
    this.#app = tokens.app
    this.#staff = tokens.staff
  }

  static async open(
    options: {
      readonly tenant?: object
      /** Changes of the second project's entry. */
      readonly project?: Readonly<Record<string, unknown>>
      /** The regions whose tenants the model may be given texts of. */
      readonly modelRegions?: readonly string[]
      readonly overrides?: Overrides
      readonly env?: Readonly<Record<string, string>>
    } = {},
  ): Promise<RelocateWorld> {
    const { tenant = {}, project = {}, modelRegions, overrides = {}, env = {} } = options
    const two = await TwoProjects.open()
    const { world } = two
    const models: Record<string, string> = {}
    if (modelRegions !== undefined) {
      const folder = world.stack.use(await temporaryFolder())
      models.EMBEDDING_MODELS = join(folder.path, 'models.json')
      const entry = { name: 'hash', provider: 'openai', baseUrl: 'http://127.0.0.1:9/v1', dimension: 64 }
      await writeFile(models.EMBEDDING_MODELS, JSON.stringify([{ ...entry, regions: modelRegions, default: true }]))
      models.EMBEDDING_MODEL = ''
      models.EMBEDDING_DIMENSION = ''
      models.OPENAI_BASE_URL = ''
      models.ANSWER_PROVIDER = 'extractive'
    }
    const all = { ...(await two.env(project)), ...models, ...env }
    const [a, b] = [await world.replica(all, overrides), await world.replica(all, overrides)]
    const tokens = { app: await world.onboard(a, 'acme', tenant), staff: await world.issuer.staff('platform') }
    return new RelocateWorld(two, [a, b], tokens)
  }

  app(replica: 'a' | 'b', path: string, body: unknown, method = 'POST'): Promise<Answer> {
    return this[replica].public({ method, path, authorization: this.#app, body })
  }

  async put(id: string, text: string, replica: 'a' | 'b' = 'a'): Promise<void> {
    const answer = await this.app(replica, `/documents/${id}`, { text }, 'PUT')
    if (answer.status >= 300) throw new Error(`${id}: ${answer.status} ${answer.text}`)
  }

  /** The ids that a question finds, best first. */
  async find(query: string, replica: 'a' | 'b' = 'a'): Promise<readonly string[]> {
    const { json } = expectStatus(await this.app(replica, '/retrieve', { query, topK: 10 }), 200)
    return json.matches.map(({ id }: { readonly id: string }) => id)
  }

  staff(path: string, body?: unknown, method?: string): Promise<Answer> {
    return this.a.admin({ path, authorization: this.#staff, body, ...(method && { method }) })
  }

  async openShard(project: string, region: string): Promise<void> {
    expectStatus(await this.staff('/indexes', { project, region }), 201)
  }

  async relocate(to: object): Promise<string> {
    return expectStatus(await this.staff('/tenants/acme/moves', { kind: 'relocate', ...to }), 202).json.id
  }

  async steer(id: string, verb: string): Promise<void> {
    expectStatus(await this.staff(`/moves/${id}/${verb}`, {}), 202)
  }

  /** Waits for a state of the move. @throws with its rows when it ends or stops in another, or hangs. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  async until(id: string, state: string): Promise<any> {
    for (const startedAt = performance.now(); ; ) {
      const { json } = await this.staff(`/moves/${id}`)
      if (json.state === state) return json
      const isOver = json.endedAt !== null || json.state === 'paused'
      if (isOver || performance.now() - startedAt > hangsAfterMs)
        throw new Error(`not ${state}: ${JSON.stringify(json)}\n${await moveRows(this.two.world.home, id)}`)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }

  /** Shows writes late, in both projects. */
  lag(lagMs: number): void {
    for (const { local } of [this.two.world.local, this.two.second]) local.setFaults({ lagMs, rules: [] })
  }

  /** The tenant's own region as staff see it, and the region of its place. */
  async shownRegions(): Promise<readonly [string | null, string]> {
    const { json } = await this.staff('/tenants/acme')
    const [row] = await this.two.world.home.sql<{ region: string }[]>`
      select i.region from routing r join places p on p.id = r.active_place_id join indexes i on i.id = p.index_id
      where r.tenant_id = 'acme'`
    return [json.region, row?.region ?? '']
  }

  /**
   * Looks at the tenant's region and that of its place as often as it can, each time in one snapshot.
   * @returns ends it, and gives every pair that was seen.
   */
  watchRegions(): () => Promise<ReadonlySet<string>> {
    const seen = new Set<string>()
    let isOver = false
    const watching = (async () => {
      while (!isOver) {
        const [row] = await this.two.world.home.sql<{ both: string }[]>`
          select coalesce(t.region, 'us-east-1') || ' ' || i.region as both from tenants t join routing r on r.tenant_id = t.id
          join places p on p.id = r.active_place_id join indexes i on i.id = p.index_id where t.id = 'acme'`
        seen.add(row?.both ?? 'no place')
      }
    })()
    watching.catch(() => undefined)
    return async () => {
      isOver = true
      await watching
      return seen
    }
  }

  /** A replica that opens its session as version 0.1.0 does. */
  async addOldReplica(): Promise<void> {
    await this.two.world.home.sql`
      insert into sessions (id, host, expires_at, seen, applied, retired, doubt_until)
      select gen_random_uuid(), 'old-host', now() + interval '1 hour', tick, tick, tick, now() from routing_clock`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.two[Symbol.asyncDispose]()
  }
}
