import type { TenantRoute } from '../../placement/phase.ts'

/**
 * One view of a tenant's route, and its count of running writes. A newer view retires it: no write begins under it any
 * more, and `drained` resolves when the last one has ended.
 */
export class RouteView {
  readonly route: TenantRoute
  #retired = false
  #writes = 0
  #onRetired: PromiseWithResolvers<void> | undefined
  #onDrained: PromiseWithResolvers<void> | undefined

  constructor(route: TenantRoute) {
    this.route = route
  }

  get retired(): boolean {
    return this.#retired
  }

  get writes(): number {
    return this.#writes
  }

  retire(): void {
    this.#retired = true
    this.#onRetired?.resolve()
  }

  whenRetired(): Promise<void> {
    if (this.#retired) return Promise.resolve()
    this.#onRetired ??= Promise.withResolvers()
    return this.#onRetired.promise
  }

  begin(): void {
    this.#writes += 1
  }

  end(): void {
    this.#writes -= 1
    if (this.#writes === 0) this.#onDrained?.resolve()
  }

  drained(): Promise<void> {
    if (this.#writes === 0) return Promise.resolve()
    this.#onDrained ??= Promise.withResolvers()
    return this.#onDrained.promise
  }
}
