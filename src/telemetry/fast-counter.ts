import { Counter, type Registry } from 'prom-client'

/** One series of a counter, kept by its user: `inc` is a single addition. */
export class CounterSeries {
  readonly labels: Readonly<Record<string, string>>
  value = 0

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels
  }

  inc(by = 1): void {
    this.value += by
  }
}

/** A counter for hot paths: prom-client reads its values when they are scraped. */
export class FastCounter {
  readonly #series = new Map<string, CounterSeries>()

  constructor(registry: Registry, options: { name: string; help: string; labelNames?: readonly string[] }) {
    const series = this.#series
    new Counter({
      ...options,
      labelNames: options.labelNames ?? [],
      registers: [registry],
      collect() {
        this.reset()
        for (const { labels, value } of series.values()) this.inc({ ...labels }, value)
      },
    })
  }

  /** The series of these labels, always the same object. */
  series(labels: Readonly<Record<string, string>> = {}): CounterSeries {
    const key = JSON.stringify(labels)
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const made = new CounterSeries(labels)
    this.#series.set(key, made)
    return made
  }

  drop(series: CounterSeries): void {
    this.#series.delete(JSON.stringify(series.labels))
  }
}
