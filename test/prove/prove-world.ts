import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSigningKey, readSigningKey } from '../../src/evidence/signing-key.ts'
import { listen } from '../../src/http/listen.ts'
import type { Doors } from '../../src/isolation/probe/asker.ts'
import type { Overrides } from '../../src/parts/overrides.ts'
import type { VectorStore } from '../../src/stores/store.ts'
import { type CliRun, runCli } from '../cli/run-cli.ts'
import { type ServiceReplica, ServiceWorld } from '../support/service-world.ts'

/** A fault of isolation: between callers and the deployment, or between it and its store. */
export interface Mutant {
  readonly doors?: (own: Doors) => Doors
  readonly open?: (open: VectorStore['open']) => VectorStore['open']
}

/** Two replicas that take turns behind one door, with lag of the store, a signing key and the command line. */
export class ProveWorld implements AsyncDisposable {
  readonly service: ServiceWorld
  readonly replicas: readonly ServiceReplica[]
  readonly #folder: string
  readonly #env: Record<string, string>
  readonly #faults: { mutant: Mutant }

  private constructor(
    parts: Pick<ProveWorld, 'service' | 'replicas'>,
    outside: { readonly folder: string; readonly env: Record<string, string> },
    faults: { mutant: Mutant },
  ) {
    this.service = parts.service
    this.replicas = parts.replicas
    this.#folder = outside.folder
    this.#env = outside.env
    this.#faults = faults
  }

  /** Takes effect from the next request on. */
  set mutant(mutant: Mutant) {
    this.#faults.mutant = mutant
  }

  static async open(env: Readonly<Record<string, string>> = {}, more: Overrides = {}): Promise<ProveWorld> {
    const service = await ServiceWorld.open()
    const folder = await mkdtemp(join(tmpdir(), 'prove-'))
    service.stack.defer(() => rm(folder, { recursive: true, force: true }))
    const pem = makeSigningKey()
    await writeFile(join(folder, 'key.pem'), pem)
    await writeFile(join(folder, 'key.pub.pem'), readSigningKey(pem).publicKey)
    const faults: { mutant: Mutant } = { mutant: {} }
    const replicas: ServiceReplica[] = []
    const both: Doors = { public: turns('publicApp'), admin: turns('adminApp') }
    let turn = 0
    function turns(app: 'publicApp' | 'adminApp') {
      return async (request: Request) => {
        const { services } = replicas[turn++ % replicas.length] as ServiceReplica
        return services[app].fetch(request)
      }
    }
    const settings = { SIGNING_KEY_FILE: join(folder, 'key.pem'), ANSWER_PROVIDER: 'extractive', ...env }
    for (const _ of [1, 2]) {
      const inner = service.local.connect()
      const open: VectorStore['open'] = (placement) =>
        (faults.mutant.open?.((one) => inner.open(one)) ?? ((one) => inner.open(one)))(placement)
      const isolation = { pollMs: 50, doors: () => faulty(both, faults) }
      replicas.push(await service.replica(settings, { stores: { ...storeOf(inner), open }, isolation, ...more }))
    }
    const [first] = replicas
    if (first === undefined) throw new Error('there are two')
    const listener = await listen(first.services.adminApp, { host: '127.0.0.1', port: 0 })
    service.stack.use(listener)
    service.local.local.setFaults({ lagMs: 150, rules: [] })
    const token = (await service.issuer.staff('platform')).replace('Bearer ', '')
    const outside = { folder, env: { TENANT_ROUTER_URL: listener.url, TENANT_ROUTER_TOKEN: token } }
    return new ProveWorld({ service, replicas }, outside, faults)
  }

  /** One of the two replicas. */
  replica(i: number): ServiceReplica {
    const one = this.replicas[i % this.replicas.length]
    if (one === undefined) throw new Error('there are two')
    return one
  }

  cli(...args: readonly string[]): Promise<CliRun> {
    return runCli(args, this.#env)
  }

  file(name: string): string {
    return join(this.#folder, name)
  }

  readFile(name: string): Promise<string> {
    return readFile(this.file(name), 'utf8')
  }

  /** Runs `prove-isolation` to its end. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into an answer as an outside caller does
  async prove(...more: readonly string[]): Promise<{ readonly code: number | null; readonly run: any; err: string }> {
    const { code, out, err } = await this.cli('prove-isolation', '--json', '--yes', ...more)
    return { code, run: out === '' ? undefined : JSON.parse(out), err }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]()
  }
}

function faulty(own: Doors, faults: { mutant: Mutant }): Doors {
  const now = () => faults.mutant.doors?.(own) ?? own
  return { public: (request) => now().public(request), admin: (request) => now().admin(request) }
}

function storeOf(inner: VectorStore): Omit<VectorStore, 'open'> {
  return {
    createIndex: (project, spec, options) => inner.createIndex(project, spec, options),
    describeIndex: (project, name, options) => inner.describeIndex(project, name, options),
    listIndexes: (project, options) => inner.listIndexes(project, options),
    deleteIndex: (project, name, options) => inner.deleteIndex(project, name, options),
    listNamespaces: (index, input, options) => inner.listNamespaces(index, input, options),
  }
}
