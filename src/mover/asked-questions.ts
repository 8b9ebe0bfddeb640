import type { QuestionSource } from '../moves/sync/step.ts'
import type { QueryPair } from '../moves/verify/recent-queries.ts'
import type { VectorSpace } from '../placement/placement.ts'
import type { TenantId } from '../placement/tenant-id.ts'
import type { FromMover } from './messages.ts'

/** The tenants' recent queries as the mover's thread has them: it asks the thread that serves, which remembers them. */
export class AskedQuestions implements QuestionSource {
  readonly #tell: (message: FromMover) => void
  readonly #waiting = new Map<number, (pairs: readonly QueryPair[]) => void>()
  #nextId = 0

  constructor(tell: (message: FromMover) => void) {
    this.#tell = tell
  }

  async of(tenantId: TenantId, space: VectorSpace): Promise<readonly (readonly number[])[]> {
    return (await this.#ask(tenantId, space, space)).map(({ from }) => from)
  }

  pairs(tenantId: TenantId, from: VectorSpace, to: VectorSpace): Promise<readonly QueryPair[]> {
    return this.#ask(tenantId, from, to)
  }

  answer(id: number, pairs: readonly QueryPair[]): void {
    this.#waiting.get(id)?.(pairs)
    this.#waiting.delete(id)
  }

  #ask(tenantId: TenantId, from: VectorSpace, to: VectorSpace): Promise<readonly QueryPair[]> {
    const id = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<readonly QueryPair[]>()
    this.#waiting.set(id, resolve)
    this.#tell({ kind: 'questions', id, tenantId, from, to })
    return promise
  }
}
