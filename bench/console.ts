import { loadavg } from 'node:os'
import { connect } from '../src/db/connect.ts'
import { consoleCookie, startConsoleIssuer } from './harness/console-visitor.ts'
import { cpuSecondsOf } from './harness/cpu-time.ts'
import { fillRegistry } from './harness/fill-registry.ts'
import type { LoadOrder, LoadResult } from './harness/load.ts'
import { call, type Parts, type Service, startParts, startService } from './harness/parts.ts'
import { type BenchProcess, startProcess } from './harness/process.ts'
import type { BenchOptions, BenchResult } from './harness/report.ts'
import { inTurn, ratios } from './harness/rounds.ts'
import { median, show, spread } from './harness/statistics.ts'

const importLimitS = 20

interface World {
  readonly parts: Parts
  readonly service: Service
  readonly cookie: string
}

/** Visits of the list of tenants; each word of a search is a request, as the page sends it. */
const visits = {
  'first page': ['/console/tenants'],
  search: ['t', 'te', 'tenant-7', 'tenant-77', 'Tenant 777', 'crm-4242', 'nobody is called so'].map(
    (q) => `/console/tenants?q=${encodeURIComponent(q)}`,
  ),
  chips: ['tier=enterprise', 'state=awaiting', 'state=suspended', 'tier=enterprise&q=tenant'].map(
    (filter) => `/console/tenants?${filter}`,
  ),
} as const

type VisitKind = keyof typeof visits | 'paging'

interface Sample extends LoadResult {
  /** Milliseconds of the service's processor a page. */
  readonly cpuMs: number
}

type Samples = Readonly<Record<VisitKind, Sample>>

/**
 * The console's list of tenants at 1,000 and at 100,000 tenants, side by side and in turn: opened, searched as somebody
 * types, narrowed by chips, and paged ten pages deep. Then a table of 10,000 rows, previewed and applied, against one
 * statement that inserts as many rows into a bare table.
 */
export async function consolePages({ quick, say }: BenchOptions): Promise<BenchResult> {
  await using stack = new AsyncDisposableStack()
  const open = async (tenants: number) => {
    say(`${tenants.toLocaleString('en')} tenants`)
    const parts = stack.use(await startParts({ pin: false }))
    return stack.use(await openWorld(parts, tenants))
  }
  const few = await open(1_000)
  const many = await open(quick ? 20_000 : 100_000)
  const load = stack.use(startProcess({ file: 'harness/load-process.ts' }))
  const rounds = quick ? 3 : 6
  say(`${rounds} rounds of pages`)
  const samples = await inTurn(rounds, {
    few: () => measure(few, load, quick),
    many: () => measure(many, load, quick),
  })
  const kinds = Object.keys(samples.few[0] ?? {}) as VisitKind[]
  const rows: [string, string][] = kinds.flatMap((kind) =>
    (['few', 'many'] as const).flatMap((world): [string, string][] => {
      const name = `${kind}, ${world === 'few' ? '1,000' : quick ? '20,000' : '100,000'} tenants`
      const of = (value: (one: Sample) => number) => show(spread(samples[world].map((one) => value(one[kind]))))
      return [
        [`${name}: p50 ms`, of(({ p50Ms }) => p50Ms)],
        [`${name}: p99 ms`, of(({ p99Ms }) => p99Ms)],
        [`${name}: ms of the service's processor`, of(({ cpuMs }) => cpuMs)],
      ]
    }),
  )
  const size = quick ? 1_000 : 10_000
  say(`imports of ${size.toLocaleString('en')} rows`)
  const imports = await inTurn(quick ? 2 : 3, {
    imported: () => importTable(many, size),
    bare: () => insertBare(many.parts, size),
  })
  const seconds = (name: string, value: (one: Imported) => number): [string, string] => [
    `import of ${size.toLocaleString('en')} rows, ${name}: s`,
    show(spread(imports.imported.map(value))),
  ]
  rows.push(
    seconds('diff', ({ diffS }) => diffS),
    seconds('apply', ({ applyS }) => applyS),
    [
      `one statement that inserts as many rows into a bare table: s`,
      show(spread(imports.bare.map(({ applyS }) => applyS)), 3),
    ],
  )
  const grown = kinds.map((kind) => ({
    what: `${kind}: many / few, p50`,
    value: median(ratios(samples.many, samples.few, (one) => one[kind].p50Ms)),
    limit: kind === 'search' ? searchLimit : flatLimit,
    sense: 'at most' as const,
  }))
  const [one, five] = loadavg()
  return {
    bench: 'console',
    note: `load of the machine at the end ${one?.toFixed(1)}, over five minutes ${five?.toFixed(1)}`,
    rows,
    goals: [
      ...grown,
      {
        what: 'import, diff and apply, s',
        value: median(imports.imported.map(({ diffS, applyS }) => diffS + applyS)),
        limit: importLimitS,
        sense: 'at most',
      },
    ],
  }
}

/** A list that is read by its key is as fast however long it is; a search for a part of a name reads more. */
const flatLimit = 1.5
const searchLimit = 10

async function openWorld(parts: Parts, tenants: number): Promise<World & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const issuer = stack.use(await startConsoleIssuer(parts))
  const service = stack.use(await startService(parts, issuer.settings))
  await fillRegistry(parts.databaseUrl, tenants)
  {
    await using database = connect({ url: parts.databaseUrl, max: 1, patienceMs: Number.POSITIVE_INFINITY })
    const { sql } = database
    await sql`update tenants set attributes = jsonb_build_object('crmId', 'crm-' || substr(id, 8), 'owner', 'Sam Reed')`
    await sql`update tenants set tier = 'enterprise' where id like '%00'`
    await sql`update tenants set status = 'suspended' where id like '%50'`
    await sql`vacuum analyze`
  }
  const cookie = await consoleCookie(service.adminUrl)
  const owned = stack.move()
  return { parts, service, cookie, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function measure(world: World, load: BenchProcess, quick: boolean): Promise<Samples> {
  const paths: Record<VisitKind, readonly string[]> = { ...visits, paging: await pagesOf(world) }
  const samples: Partial<Record<VisitKind, Sample>> = {}
  for (const kind of Object.keys(paths) as VisitKind[]) {
    const requests = paths[kind].map((path) => ({
      url: `${world.service.adminUrl}${path}`,
      method: 'GET',
      headers: { cookie: world.cookie, ...(kind === 'first page' ? {} : partial) },
      body: '',
    }))
    const warmUpMs = quick ? 300 : 700
    const order: LoadOrder = { requests, connections: 1, warmUpMs, measureMs: quick ? 700 : 2_000 }
    const before = cpuSecondsOf(world.service.process.pid)
    const result = (await load.ask(order)) as LoadResult
    const cpuS = cpuSecondsOf(world.service.process.pid) - before
    const served = (result.count * (order.measureMs + warmUpMs)) / order.measureMs
    samples[kind] = { ...result, cpuMs: (1000 * cpuS) / served }
  }
  return samples as Samples
}

/** The headers of a part of the page, as the page itself asks for it. */
const partial = { 'hx-request': 'true', 'hx-request-type': 'partial' }

/** Addresses of ten pages, each as the one before it names it. */
async function pagesOf({ service, cookie }: World): Promise<readonly string[]> {
  const pages = ['/console/tenants']
  while (pages.length < 10) {
    const response = await fetch(`${service.adminUrl}${pages.at(-1)}`, { headers: { cookie } })
    const next = /href="(\/console\/tenants\?cursor=[^"]+)"/.exec(await response.text())?.[1]
    if (next === undefined) throw new Error(`there is no page after ${pages.at(-1)}`)
    pages.push(next.replaceAll('&amp;', '&'))
  }
  return pages
}

interface Imported {
  readonly diffS: number
  readonly applyS: number
}

let imported = 0

/** Half of the rows are new tenants, half change an owner. */
async function importTable({ service, parts }: World, size: number): Promise<Imported> {
  imported += 1
  const rows = Array.from({ length: size }, (_, n) =>
    n % 2 === 0
      ? `new-${imported}-${n},New ${n},standard,Owner ${imported}`
      : `tenant-${n},Tenant ${n},standard,Owner ${imported}`,
  )
  const text = `id,name,tier,owner\n${rows.join('\n')}\n`
  const token = await parts.issuer.staffToken()
  const startedAt = performance.now()
  const url = `${service.adminUrl}/tenants/import?dryRun=true`
  const preview = (await call('POST', url, { text, name: 'accounts.csv' }, token)) as ImportView
  const previewedAt = performance.now()
  const done = (await call('POST', `${service.adminUrl}/imports/${preview.id}/apply`, undefined, token)) as ImportView
  const appliedAt = performance.now()
  const { counts } = done
  if (done.state !== 'applied' || counts.new + counts.changed !== size) {
    throw new Error(`the import is ${done.state}, with ${JSON.stringify(counts)}`)
  }
  return { diffS: (previewedAt - startedAt) / 1000, applyS: (appliedAt - previewedAt) / 1000 }
}

interface ImportView {
  readonly id: string
  readonly state: string
  readonly counts: Readonly<Record<'new' | 'changed' | 'same' | 'refused', number>>
}

let tables = 0

async function insertBare({ databaseUrl }: Parts, size: number): Promise<Imported> {
  await using database = connect({ url: databaseUrl, max: 1 })
  const { sql } = database
  const name = `bare_import_${++tables}`
  await sql.unsafe(`create table ${name} (id text primary key, name text not null, tier text not null, owner text)`)
  const startedAt = performance.now()
  await sql.unsafe(
    `insert into ${name} select 'new-' || n, 'New ' || n, 'standard', 'Owner' from generate_series(1, ${size}) n`,
  )
  return { diffS: 0, applyS: (performance.now() - startedAt) / 1000 }
}
