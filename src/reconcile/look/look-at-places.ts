import { and, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import { readPlaceName } from '../../placement/naming.ts'
import type { Placement } from '../../placement/placement.ts'
import type { IndexRow } from '../../registry/indexes.ts'
import { type PlaceState, places } from '../../registry/places.sql.ts'
import { type PlaceRow, toPlacement } from '../../registry/places.ts'
import { pagesOf } from '../../stores/pages.ts'
import type { StoreFinding } from '../state/finding.ts'
import { type LookDeps, lookTwice, pauseMs, untilShown } from './look.ts'

export interface PlaceLook {
  readonly findings: readonly StoreFinding[]
  readonly namespaces: number
}

/** Examples of others' namespaces. */
const examplesMax = 10
/** Places read at once. */
const pageSize = 1_000
/** Odd namespaces that are looked at one by one; more of them are listed again, which asks the store far less. */
const describedMax = 500

/**
 * Compares the namespaces that an index lists with the registry's places in it.
 * @throws the store's faults.
 */
export async function lookAtPlaces(deps: LookDeps, index: IndexRow): Promise<PlaceLook> {
  const { stores, clock, signal } = deps
  const { project, name } = index
  const lastPlaceId = await lastPlaceIn(deps, index)
  const seen = new Set<string>()
  const odd = new Set<string>()
  const foreign: string[] = []
  const address = { project, name, host: index.host ?? '' }
  for await (const page of pagesOf((from) => stores.listNamespaces(address, from, { signal }))) {
    signal.throwIfAborted()
    const names = page.namespaces.map((one) => one.name)
    const rows = await placesNamed(deps, index, names)
    for (const namespace of names) {
      seen.add(namespace)
      const row = rows.get(namespace)
      if (row === undefined && readPlaceName(namespace) === undefined) foreign.push(namespace)
      else if (row === undefined || row.state === 'purged') odd.add(namespace)
    }
    if (page.nextCursor !== undefined) await clock.sleep(pauseMs, signal)
  }
  for await (const namespace of livePlaces(deps, index, lastPlaceId)) if (!seen.has(namespace)) odd.add(namespace)
  const findings =
    odd.size > describedMax
      ? await listAgain(deps, index, odd)
      : await lookTwice(deps, [...odd], clock.now(), (namespace) => lookAtPlace(deps, index, namespace))
  const detail = { namespaces: foreign.length, examples: foreign.slice(0, examplesMax) }
  const others: StoreFinding = { kind: 'namespace_foreign', project, index: name, detail }
  return { findings: foreign.length === 0 ? findings : [...findings, others], namespaces: seen.size }
}

/** One namespace against its row, which must be the same before and after the look. */
async function lookAtPlace(deps: LookDeps, index: IndexRow, namespace: string): Promise<StoreFinding | undefined> {
  const before = (await placesNamed(deps, index, [namespace])).get(namespace)
  const placement = before === undefined ? placementByName(index, namespace) : toPlacement(before, index)
  if (placement === undefined) return undefined
  const shown = await deps.stores.open(placement).describeNamespace({ signal: deps.signal })
  const row = (await placesNamed(deps, index, [namespace])).get(namespace)
  if (row?.state !== before?.state) return undefined
  return judgePlace(index, namespace, row, shown?.recordCount)
}

/** The second look at so many namespaces that one listing of all is cheaper; the rows are read before and after it. */
async function listAgain(deps: LookDeps, index: IndexRow, odd: ReadonlySet<string>): Promise<readonly StoreFinding[]> {
  const { stores, clock, signal } = deps
  await untilShown(deps, clock.now())
  const before = new Map<string, PlaceState | undefined>()
  for (const names of chunksOf([...odd])) {
    const rows = await placesNamed(deps, index, names)
    for (const name of names) before.set(name, rows.get(name)?.state)
  }
  const shown = new Map<string, number>()
  const address = { project: index.project, name: index.name, host: index.host ?? '' }
  for await (const page of pagesOf((from) => stores.listNamespaces(address, from, { signal }))) {
    signal.throwIfAborted()
    for (const { name, recordCount } of page.namespaces) if (odd.has(name)) shown.set(name, recordCount)
    if (page.nextCursor !== undefined) await clock.sleep(pauseMs, signal)
  }
  const findings: StoreFinding[] = []
  for (const names of chunksOf([...odd])) {
    signal.throwIfAborted()
    const rows = await placesNamed(deps, index, names)
    for (const name of names) {
      const row = rows.get(name)
      if (row?.state !== before.get(name)) continue
      const finding = judgePlace(index, name, row, shown.get(name))
      if (finding !== undefined) findings.push(finding)
    }
  }
  return findings
}

/** @param records that the store has in the namespace; undefined: it has no such namespace. */
function judgePlace(
  index: IndexRow,
  namespace: string,
  row: PlaceRow | undefined,
  records: number | undefined,
): StoreFinding | undefined {
  const tenantId = row?.tenantId ?? readPlaceName(namespace)?.tenantId
  if (tenantId === undefined) return undefined
  const subject = { project: index.project, index: index.name, namespace, tenantId }
  if (row !== undefined && isLive(row.state)) {
    if (records !== undefined) return undefined
    return { kind: 'namespace_missing', ...subject, detail: { state: row.state, generation: row.generation } }
  }
  if (records === undefined) return undefined
  if (row === undefined) return { kind: 'namespace_unknown', ...subject, detail: { records } }
  if (row.state !== 'purged') return undefined
  return { kind: 'namespace_returned', ...subject, detail: { records }, ...whyNotFixed(index) }
}

function chunksOf(names: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(names.length / pageSize) }, (_, at) =>
    names.slice(at * pageSize, (at + 1) * pageSize),
  )
}

/** Nothing is deleted where an older key may still write: it may be what that key's app wrote. */
export function whyNotFixed({ adoptedAt, sealedAt, name }: IndexRow): Pick<StoreFinding, 'refused'> {
  if (adoptedAt === null || sealedAt !== null) return {}
  return { refused: `an older key may still write to the adopted index: tenant-router indexes seal ${name}` }
}

/** Whether the store must have the place's namespace: a route names it. */
function isLive(state: PlaceState): boolean {
  switch (state) {
    case 'active':
      return true
    // Made and deleted by their move or onboarding, which knows how far it is.
    case 'reserved':
    case 'follower':
    case 'found':
    case 'retiring':
    case 'purged':
      return false
  }
}

/** The place that a namespace's own name says, for a look at it. */
function placementByName(index: IndexRow, namespace: string): Placement | undefined {
  const named = readPlaceName(namespace)
  if (named === undefined) return undefined
  const { tenantId, generation } = named
  const { project, name: indexName } = index
  const place = { id: 0, tenantId, project, indexName, namespace, generation, needsModel: false }
  return toPlacement(place, index)
}

async function placesNamed(
  { db }: LookDeps,
  { project, name }: IndexRow,
  namespaces: readonly string[],
): Promise<ReadonlyMap<string, PlaceRow>> {
  if (namespaces.length === 0) return new Map()
  const rows = await db
    .select()
    .from(places)
    .where(and(eq(places.project, project), eq(places.indexName, name), inArray(places.namespace, [...namespaces])))
  return new Map(rows.map((row) => [row.namespace, row]))
}

async function lastPlaceIn({ db }: LookDeps, { id }: IndexRow): Promise<number> {
  const [row] = await db
    .select({ last: sql`coalesce(max(${places.id}), 0)`.mapWith(Number) })
    .from(places)
    .where(eq(places.indexId, id))
  return row?.last ?? 0
}

/** Namespaces of the active places that existed before the listing began. */
async function* livePlaces({ db, signal }: LookDeps, { id }: IndexRow, lastPlaceId: number): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    signal.throwIfAborted()
    const rows = await db
      .select({ id: places.id, namespace: places.namespace })
      .from(places)
      .where(and(eq(places.indexId, id), eq(places.state, 'active'), gt(places.id, after), lte(places.id, lastPlaceId)))
      .orderBy(places.id)
      .limit(pageSize)
    for (const { namespace } of rows) yield namespace
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    after = last.id
  }
}
