import type { Database } from '../db/connect.ts'
import { routingChannel } from './change-routing.ts'

/** Hears that some routing changed: sooner than the next look at the registry would tell, and never instead of it. */
export class RoutingNews implements AsyncDisposable {
  readonly #database: Pick<Database, 'sql'>
  readonly #hear: () => void
  #heard: Database['sql'] | undefined
  #unlisten: (() => Promise<void>) | undefined

  constructor(database: Pick<Database, 'sql'>, hear: () => void) {
    this.#database = database
    this.#hear = hear
  }

  /** Listens, and does so again when the pool was made anew; otherwise it does nothing. */
  async listen(): Promise<void> {
    const { sql } = this.#database
    if (this.#heard === sql) return
    this.#heard = sql
    try {
      this.#unlisten = (await sql.listen(routingChannel, this.#hear, this.#hear)).unlisten
    } catch (error) {
      this.#heard = undefined
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unlisten?.().catch(() => undefined)
  }
}
