import type { TenantRoute } from '../../placement/phase.ts'

/** One view of a tenant's route. A newer view retires it: no write begins under it any more. */
export class RouteView {
  readonly route: TenantRoute
  #isRetired = false
  #onRetired: PromiseWithResolvers<void> | undefined

  constructor(route: TenantRoute) {
    this.route = route
  }

  get isRetired(): boolean {
    return this.#isRetired
  }

  retire(): void {
    this.#isRetired = true
    this.#onRetired?.resolve()
  }

  whenRetired(): Promise<void> {
    if (this.#isRetired) return Promise.resolve()
    this.#onRetired ??= Promise.withResolvers()
    return this.#onRetired.promise
  }
}
