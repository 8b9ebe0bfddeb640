import { allLimited } from '../../concurrency/each-limited.ts'
import type { ProjectSettings } from '../../config/project-file.ts'
import type { Db } from '../../db/connect.ts'
import { isAppError } from '../../errors.ts'
import { type IndexRow, listIndexRows } from '../../registry/indexes.ts'
import type { IndexInfo, VectorStore } from '../../stores/store.ts'
import { type Finding, fail, ok, warn, withCauses } from './finding.ts'

/** The answer of the store about one project. */
export interface ProjectAnswer {
  readonly project: ProjectSettings
  /** Undefined: it could not be asked. */
  readonly indexes: readonly IndexInfo[] | undefined
  readonly findings: readonly Finding[]
}

/** Reach, key and room of one project. */
export async function askProject(
  stores: VectorStore,
  project: ProjectSettings,
  signal: AbortSignal,
): Promise<ProjectAnswer> {
  const check = `store ${project.name}`
  try {
    const indexes = await stores.listIndexes(project.name, { signal })
    const { indexLimit } = project
    const found = `takes the key; it has ${indexes.length} of the ${indexLimit} indexes of its limit`
    const fix =
      'Delete indexes that nobody needs, raise the plan and PROJECT_INDEX_LIMIT, or add a project (PINECONE_PROJECTS).'
    const isFull = indexes.length >= indexLimit
    const finding = isFull
      ? warn(check, `${found}: no shard can be opened and no tenant promoted`, fix)
      : ok(check, found)
    return { project, indexes, findings: [finding] }
  } catch (error) {
    return { project, indexes: undefined, findings: [storeFinding(check, error)] }
  }
}

function storeFinding(check: string, error: unknown): Finding {
  const words = withCauses(error)
  if (/credentials/.test(words)) {
    const fix =
      'Set PINECONE_API_KEY (or the variable that PINECONE_PROJECTS names) to a key of this project that may read and write.'
    return fail(check, `refuses the key: ${words}`, fix)
  }
  const isBusy = isAppError(error) && error.code === 'store_busy'
  const fix = isBusy
    ? 'Wait a moment, then run doctor again; if it stays so, the project is at its rate limits.'
    : "Check PINECONE_CONTROLLER_HOST, this machine's way out to it, and status.pinecone.io."
  return fail(check, isAppError(error) && error.cause ? withCauses(error.cause) : words, fix)
}

/** Indexes whose addresses are called, at most. */
const calledMax = 100
const atOnce = 10

/** The registry's indexes: whether the store has them so, and whether their own addresses answer. */
export async function checkIndexes(
  db: Db,
  stores: VectorStore,
  answers: readonly ProjectAnswer[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const rows = (await allIndexes(db)).filter(({ state }) => state === 'ready')
  const findings: Finding[] = []
  const called: IndexRow[] = []
  for (const row of rows) {
    const answer = answers.find(({ project }) => project.name === row.project)
    if (answer === undefined) {
      const fix = 'Put the project back into the file of PINECONE_PROJECTS; it may be left out once nothing is in it.'
      findings.push(fail(`index ${row.name}`, `is in the project ${row.project}, which no setting names`, fix))
    } else if (answer.indexes !== undefined) {
      const info = answer.indexes.find(({ name }) => name === row.name)
      const wrong = differences(row, info)
      findings.push(...wrong)
      if (info !== undefined && wrong.length === 0) called.push(row)
    }
  }
  await allLimited(called.slice(0, calledMax), atOnce, async (row) => {
    const wrong = await addressFault(stores, row, signal)
    if (wrong !== undefined) findings.push(wrong)
  })
  return findings.length > 0 ? findings : [ok('indexes', summary(rows.length, called.length))]
}

function summary(known: number, called: number): string {
  if (known === 0) return 'there is none yet; the first tenant opens one'
  if (called === 0) return `${known} in the registry; none was called`
  const some = called > calledMax ? `the first ${calledMax} were called, and answer` : 'they answer'
  return `${known} in the registry; the store has them so, and ${some}`
}

async function allIndexes(db: Db): Promise<readonly IndexRow[]> {
  const rows: IndexRow[] = []
  for (let after = 0; ; ) {
    const page = await listIndexRows(db, { after, limit: 1_000 })
    rows.push(...page)
    const last = page.at(-1)
    if (last === undefined || page.length < 1_000) return rows
    after = last.id
  }
}

function differences(row: IndexRow, info: IndexInfo | undefined): readonly Finding[] {
  const check = `index ${row.name}`
  if (info === undefined) {
    const fix = 'Find out who deleted it; then see `store_inconsistent` in docs/runbook.md.'
    return [fail(check, `is in the registry, and the project ${row.project} has no such index`, fix)]
  }
  if (!info.ready) return [warn(check, 'is not ready', 'Wait until the store has made it ready.')]
  if (info.dimension !== row.dimension || info.metric !== row.metric) {
    const found = `has dimension ${info.dimension} and metric ${info.metric}; the registry says ${row.dimension} and ${row.metric}`
    return [fail(check, found, 'Somebody made it anew: restore the one that was there.')]
  }
  if (row.host !== null && hostOf(row.host) !== hostOf(info.host)) {
    const found = `is at ${info.host}; the registry says ${row.host}`
    return [fail(check, found, 'Somebody made it anew, or moved it: restore the one that was there.')]
  }
  return []
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/$/, '')
}

async function addressFault(stores: VectorStore, row: IndexRow, signal: AbortSignal): Promise<Finding | undefined> {
  try {
    await stores.listNamespaces({ project: row.project, name: row.name, host: row.host ?? '' }, {}, { signal })
    return undefined
  } catch (error) {
    const fix = `Let this machine reach ${row.host}, and the key read it.`
    return fail(`index ${row.name}`, `does not answer: ${withCauses(error)}`, fix)
  }
}

/** Below this share of free namespaces the next shard is near. */
const nearlyFull = 0.9

/** Room for further tenants in shared indexes. */
export async function checkRoom(db: Db, answers: readonly ProjectAnswer[]): Promise<readonly Finding[]> {
  const shards = (await allIndexes(db)).filter(({ kind, draining, adoptedAt, sealedAt }) => {
    return kind === 'pool' && !draining && (adoptedAt === null || sealedAt !== null)
  })
  const used = shards.reduce((sum, { namespacesUsed }) => sum + namespacesUsed, 0)
  const limit = shards.reduce((sum, { namespaceLimit }) => sum + namespaceLimit, 0)
  const found = `shared indexes hold ${used} of ${limit} namespaces`
  const canOpen = answers.some(({ project, indexes }) => {
    return project.holds.includes('pool') && indexes !== undefined && indexes.length < project.indexLimit
  })
  if (canOpen || used < limit * nearlyFull) return [ok('namespaces', found)]
  const fix = 'Make room for an index in a project that holds the pool, or add a project (PINECONE_PROJECTS).'
  return [warn('namespaces', `${found}, and no project has room for another index`, fix)]
}
