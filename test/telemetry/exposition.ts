export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly samples: Sample[]
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const labelPart = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)/y

/**
 * Reads the Prometheus text format (0.0.4) as strictly as `promtool check metrics`.
 * @throws Error naming the first fault: a line that is none, a family twice or without help and type, a sample outside
 *   its family, a series twice, a counter not named `_total`, a histogram that is not cumulative or lacks parts.
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, Family>()
  const helped = new Set<string>()
  const series = new Set<string>()
  let current: { readonly name: string; readonly family: Family } | undefined
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  for (const line of text.split('\n').filter(Boolean)) {
    const [mark, kind, name = '', ...rest] = line.split(' ')
    if (mark === '#' && kind === 'HELP') {
      if (helped.has(name) || rest.length === 0) throw new Error(`help of ${name} is empty or there twice`)
      helped.add(name)
    } else if (mark === '#' && kind === 'TYPE') {
      if (families.has(name) || !helped.has(name)) throw new Error(`${name} is there twice or has no help`)
      current = { name, family: { type: rest.join(' '), samples: [] } }
      families.set(name, current.family)
    } else {
      const sample = parseSample(line)
      if (current === undefined || !belongs(sample.name, current)) throw new Error(`outside its family: ${line}`)
      const key = line.slice(0, line.lastIndexOf(' '))
      if (series.has(key)) throw new Error(`twice: ${key}`)
      series.add(key)
      current.family.samples.push(sample)
    }
  }
  for (const [name, family] of families) check(name, family)
  return families
}

function parseSample(line: string): Sample {
  const match = sampleLine.exec(line)
  if (match === null) throw new Error(`no sample: ${line}`)
  const [, name = '', text = '', value = ''] = match
  const labels: Record<string, string> = {}
  labelPart.lastIndex = 0
  while (labelPart.lastIndex < text.length) {
    const label = labelPart.exec(text)
    if (label === null) throw new Error(`labels: ${line}`)
    labels[label[1] ?? ''] = label[2] ?? ''
  }
  const number = Number(value.replace(/^([+-]?)Inf$/, '$1Infinity'))
  if (Number.isNaN(number) && value !== 'Nan' && value !== 'NaN') throw new Error(`value: ${line}`)
  return { name, labels, value: number }
}

function belongs(sample: string, { name, family }: { readonly name: string; readonly family: Family }): boolean {
  if (sample === name) return family.type !== 'histogram'
  const parts =
    family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : family.type === 'summary' ? ['_sum', '_count'] : []
  return parts.some((part) => sample === name + part)
}

function check(name: string, { type, samples }: Family): void {
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`the counter ${name} does not end in _total`)
  if (type !== 'histogram') return
  const bySeries = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  for (const [labels, each] of bySeries) {
    const buckets = each.filter((sample) => sample.name.endsWith('_bucket'))
    const counts = buckets.map(({ value }) => value)
    if (counts.some((count, i) => count < (counts[i - 1] ?? 0))) throw new Error(`${name}${labels} is not cumulative`)
    const total = each.find((sample) => sample.name.endsWith('_count'))?.value
    if (buckets.at(-1)?.labels.le !== '+Inf' || counts.at(-1) !== total) throw new Error(`${name}${labels} has no end`)
    if (!each.some((sample) => sample.name.endsWith('_sum'))) throw new Error(`${name}${labels} has no sum`)
  }
}
