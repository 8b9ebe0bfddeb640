import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pineconeStore } from '../../src/stores/pinecone.ts'
import type { VectorStore } from '../../src/stores/store.ts'
import { type LocalStores, localStores } from './local-stores.ts'
import { type Answer, type ServiceReplica, ServiceWorld } from './service-world.ts'

/** A world with a second Pinecone project, which is a `pinecone-local` of its own. */
export interface TwoProjects extends AsyncDisposable {
  readonly world: ServiceWorld
  readonly second: LocalStores
  /** A replica's environment with the second project changed like this; its region is eu-west-1 by default. */
  env(change?: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, string>>>
  /** Both projects, by their names. */
  readonly store: VectorStore
}

export const TwoProjects = { open }

async function open(): Promise<TwoProjects> {
  const world = await ServiceWorld.open()
  const second = world.stack.use(await localStores())
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-projects-'))
  world.stack.defer(() => rm(folder, { recursive: true, force: true }))
  const projects = [
    { name: 'default', apiKey: 'any', controllerHost: world.local.local.url },
    { name: 'second', apiKey: 'any', controllerHost: second.local.url },
  ]
  let files = 0
  return {
    world,
    second,
    store: world.stack.use(pineconeStore({ projects })),
    async env(change = {}) {
      const file = join(folder, `${files++}.json`)
      const entry = {
        name: 'second',
        apiKeyVariable: 'SECOND_KEY',
        controllerHost: second.local.url,
        cloud: 'aws',
        region: 'eu-west-1',
        indexLimit: 20,
        holds: ['pool', 'silo'],
      }
      await writeFile(file, JSON.stringify([{ ...entry, ...change }]))
      return { PINECONE_PROJECTS: file, SECOND_KEY: 'second-key' }
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** The names of the indexes that a project has, asked of its server. */
export async function indexesIn({ store }: TwoProjects, project: 'default' | 'second'): Promise<readonly string[]> {
  return (await store.listIndexes(project)).map((index) => index.name).toSorted()
}

export async function onboard(
  { world }: TwoProjects,
  replica: ServiceReplica,
  id: string,
  more: object = {},
): Promise<Answer> {
  const authorization = await world.issuer.staff('platform')
  return replica.admin({ path: '/tenants', authorization, body: { id, name: id, ...more } })
}

/** A tenant's place by the rows. */
export async function placeOf({ world }: TwoProjects, id: string) {
  const [row] = await world.home.sql`
    select p.project, p.index_name as index, i.region from places p join indexes i on i.id = p.index_id
    where p.tenant_id = ${id} and p.state = 'active'`
  return row
}
