import type { Histogram, Registry } from 'prom-client'

/** One series of a histogram: `observe` costs a few additions, without hashing labels. */
export class HistogramSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly counts: Float64Array
  sum = 0
  readonly #boundsMs: readonly number[]

  constructor(labels: Readonly<Record<string, string>>, boundsMs: readonly number[]) {
    this.labels = labels
    this.#boundsMs = boundsMs
    this.counts = new Float64Array(boundsMs.length + 1)
  }

  observe(ms: number): void {
    let i = 0
    while (i < this.#boundsMs.length && ms > (this.#boundsMs[i] ?? 0)) i++
    this.counts[i] = (this.counts[i] ?? 0) + 1
    this.sum += ms
  }

  /** The mean of what was observed; undefined: nothing was. */
  get meanMs(): number | undefined {
    const count = this.counts.reduce((total, one) => total + one, 0)
    return count === 0 ? undefined : this.sum / count
  }
}

/**
 * A latency histogram for hot paths. prom-client's own hashes the labels on every observation, which costs more than
 * the rest of a cached answer's bookkeeping; this one passes its registry the same values when they are scraped.
 */
export class FastHistogram {
  readonly name: string
  readonly #help: string
  readonly #boundsMs: readonly number[]
  readonly #series: HistogramSeries[] = []

  constructor(registry: Registry, options: { name: string; help: string; boundsMs: readonly number[] }) {
    this.name = options.name
    this.#help = options.help
    this.#boundsMs = options.boundsMs
    // The registry asks a metric for `name` and `get()` only; the type names prom-client's classes.
    registry.registerMetric(this as unknown as Histogram)
  }

  series(labels: Readonly<Record<string, string>>): HistogramSeries {
    const made = new HistogramSeries(labels, this.#boundsMs)
    this.#series.push(made)
    return made
  }

  async get(): Promise<unknown> {
    const values = this.#series.filter(({ counts }) => counts.some((count) => count > 0)).flatMap((s) => this.#lines(s))
    return { name: this.name, help: this.#help, type: 'histogram', aggregator: 'sum', values }
  }

  /** Prometheus expects cumulative counts, in seconds. */
  #lines({ labels, counts, sum }: HistogramSeries) {
    let total = 0
    const buckets = Array.from(counts, (count, i) => {
      total += count
      const bound = this.#boundsMs[i]
      const le = bound === undefined ? '+Inf' : String(bound / 1000)
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: total }
    })
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum / 1000 },
      { metricName: `${this.name}_count`, labels, value: total },
    ]
  }
}
