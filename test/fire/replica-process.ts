import { freePort } from '../../src/embedded/free-port.ts'
import { type Entry, startEntry } from '../e2e/run-entry.ts'

/** One replica of the service as a separate process, at addresses that outlive it. */
export class ReplicaProcess implements AsyncDisposable {
  readonly url: string
  readonly adminUrl: string
  readonly #env: Readonly<Record<string, string>>
  #entry: Entry | undefined

  private constructor(port: number, adminPort: number, env: Readonly<Record<string, string>>) {
    this.url = `http://127.0.0.1:${port}`
    this.adminUrl = `http://127.0.0.1:${adminPort}`
    this.#env = { ...env, HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort) }
  }

  static async start(env: Readonly<Record<string, string>>): Promise<ReplicaProcess> {
    const replica = new ReplicaProcess(await freePort(), await freePort(), env)
    await replica.start()
    return replica
  }

  async start(): Promise<void> {
    this.#entry = startEntry('main.ts', this.#env)
    await this.#entry.until('"msg":"ready"')
  }

  /** `kill -9`: nothing is finished, released or said. */
  async kill(): Promise<void> {
    this.#entry?.child.kill('SIGKILL')
    await this.#entry?.ended
  }

  /** Everything of it stands still, its clocks apart. */
  freeze(): void {
    this.#entry?.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#entry?.child.kill('SIGCONT')
  }

  /** Its log since its last start. */
  logged(): string {
    return this.#entry?.printed() ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw()
    await this.#entry?.[Symbol.asyncDispose]()
  }
}
