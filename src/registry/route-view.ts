import type { TenantRoute } from '../placement/phase.ts'

/**
 * One view of a tenant's route, and how many writes run under it. When a newer view replaces it, it is retired: no
 * write begins under it any more, and `drained` tells when the last one has ended.
 */
export class RouteView {
  readonly route: TenantRoute
  retired = false
  /** In soak: that something is written is on record already. */
  noted: boolean
  #writes = 0
  #onDrained: (() => void)[] | undefined

  constructor(route: TenantRoute, noted: boolean) {
    this.route = route
    this.noted = noted
  }

  get writes(): number {
    return this.#writes
  }

  begin(): void {
    this.#writes += 1
  }

  end(): void {
    this.#writes -= 1
    if (this.#writes > 0 || this.#onDrained === undefined) return
    for (const resolve of this.#onDrained) resolve()
    this.#onDrained = undefined
  }

  drained(): Promise<void> {
    if (this.#writes === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onDrained ??= []
      this.#onDrained.push(resolve)
    })
  }
}
