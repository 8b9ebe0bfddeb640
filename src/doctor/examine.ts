import type { Config } from '../config/config.ts'
import type { SettingFault } from '../config/setting-reader.ts'
import { connect, type Database } from '../db/connect.ts'
import { pineconeStore } from '../stores/pinecone.ts'
import type { VectorStore } from '../stores/store.ts'
import { checkClock } from './checks/clock.ts'
import { type ClockSample, headerSample } from './checks/clock-samples.ts'
import { type Finding, fail, unknown } from './checks/finding.ts'
import { checkIssuer, type IssuerAnswer } from './checks/issuer.ts'
import { checkFiles } from './checks/limits.ts'
import { checkAnswerer, checkEmbedder, checkIndexModels, checkReranker } from './checks/models.ts'
import { checkNotifications, checkPostgres, checkSchema } from './checks/postgres.ts'
import { checkService } from './checks/service.ts'
import { checkSettings } from './checks/settings.ts'
import { askProject, checkIndexes, checkRoom, type ProjectAnswer } from './checks/store.ts'
import { checkToken } from './checks/token.ts'
import { asFailure, type Limited, limitEach } from './limited.ts'
import { withoutSecrets } from './secrets.ts'

export interface Examined {
  readonly config: Config
  /** A part whose settings have a fault is not asked. */
  readonly faults: readonly SettingFault[]
  /** A token or tenant key that should be accepted. */
  readonly token?: string | undefined
  /** Limit of each check. */
  readonly limitMs: number
}

/** Everything that the checks share. */
interface Examination extends Examined {
  readonly ask: Limited
  readonly stores: VectorStore
  /** Undefined: the settings name none. */
  readonly database: Database | undefined
  readonly samples: ClockSample[]
  isFaulty(names: RegExp): boolean
}

const fixes = {
  postgres: 'See the log and the load of Postgres, and of the pooler before it.',
  store: "Check PINECONE_CONTROLLER_HOST, this machine's way out to it, and status.pinecone.io.",
  issuer: 'Set JWT_JWKS_URL to an address that answers, and let this machine reach it.',
  model: "Check the endpoint's address and its load.",
  service: 'Restart what listens there.',
} as const

/**
 * Examines the settings and every part that they name, from outside of the service: it may run or not. The checks run
 * concurrently, each within its own limit, so that a part that hangs costs no more than its own lines. They write
 * nothing, ask each model a few words, and no line shows a secret.
 */
export async function examine(examined: Examined): Promise<readonly Finding[]> {
  const { config, faults, token, limitMs } = examined
  const isFaulty = (names: RegExp) => faults.some(({ name }) => names.test(name))
  const samples: ClockSample[] = []
  await using database = isFaulty(/^DATABASE_/) ? undefined : openDatabase(config, limitMs)
  await using stores = openStores(config, limitMs, samples)
  const all: Examination = { ...examined, ask: limitEach(limitMs), isFaulty, samples, database, stores }
  const lines = await Promise.all([
    checkSettings(faults, config.warnings),
    registryAndStore(all),
    issuerAndToken(all),
    models(all),
    isFaulty(/^(RATE|REQUESTS)_/) ? [] : checkFiles(config.limits.slots),
    service(all),
  ])
  return [...lines.flat(), ...checkClock(samples)].map(withoutSecrets(config, token === undefined ? [] : [token]))
}

function openDatabase({ databaseUrl }: Config, limitMs: number): Database {
  return connect({ url: databaseUrl.reveal(), max: 4, applicationName: 'tenant-router doctor', patienceMs: limitMs })
}

function openStores({ pinecone }: Config, limitMs: number, samples: ClockSample[]): VectorStore & AsyncDisposable {
  return pineconeStore({
    projects: pinecone.projects.map(({ name, apiKey, controllerHost }) => ({
      name,
      apiKey: apiKey.reveal(),
      controllerHost,
    })),
    timeouts: { readMs: limitMs },
    retry: { attempts: 2, readDeadlineMs: limitMs },
    onCall({ op, project, date, ms }) {
      if (op !== 'listIndexes') return
      const receivedMs = Date.now()
      const sample = headerSample(`store ${project}`, { date }, { sentMs: receivedMs - ms, receivedMs })
      if (sample !== undefined) samples.push(sample)
    },
  })
}

/** Postgres and the store, and then what the registry says of the store. */
async function registryAndStore(all: Examination): Promise<readonly Finding[]> {
  const { ask, config, database, stores, samples, isFaulty } = all
  const note = (sample: ClockSample) => void samples.push(sample)
  const [postgres, answers] = await Promise.all([
    database === undefined
      ? [unknown('postgres', 'the database', 'DATABASE_URL or DATABASE_LISTEN_URL has a fault')]
      : ask(() => checkPostgres(database, config.databaseUrl.reveal(), note), asFailure('postgres', fixes.postgres)),
    isFaulty(/^PINECONE_/) ? [] : askProjects(all),
  ])
  const unasked = isFaulty(/^PINECONE_/) ? [unknown('store', 'the store', 'a setting PINECONE_* has a fault')] : []
  const first = [...postgres, ...unasked, ...answers.flatMap(({ findings }) => findings)]
  // A database that does not answer would be said again in every line.
  if (database === undefined || postgres.some(({ check, status }) => check === 'postgres' && status === 'fail'))
    return first
  const ofDatabase = (check: string, work: (signal: AbortSignal) => Promise<readonly Finding[]>) =>
    ask(work, asFailure(check, fixes.postgres))
  const schema = await ofDatabase('postgres schema', () => checkSchema(database))
  const notifications = ofDatabase('postgres notifications', () => checkNotifications(config, database))
  if (schema.some(({ status }) => status === 'fail')) return [...first, ...schema, ...(await notifications)]
  const { db } = database
  const rest = await Promise.all([
    notifications,
    ofDatabase('indexes', (signal) => checkIndexes(db, stores, answers, signal)),
    ofDatabase('namespaces', () => checkRoom(db, answers)),
    ofDatabase('models of indexes', () => checkIndexModels(db, config.embeddingModels)),
  ])
  return [...first, ...schema, ...rest.flat()]
}

function askProjects({ ask, config, stores }: Examination): Promise<readonly ProjectAnswer[]> {
  return Promise.all(
    config.pinecone.projects.map((project) =>
      ask(
        (signal) => askProject(stores, project, signal),
        (found): ProjectAnswer => ({
          project,
          indexes: undefined,
          findings: [fail(`store ${project.name}`, found, fixes.store)],
        }),
      ),
    ),
  )
}

/** The issuer's keys, and then the token that they should verify. */
async function issuerAndToken(all: Examination): Promise<readonly Finding[]> {
  const { ask, config, token, database, samples, limitMs, isFaulty } = all
  if (isFaulty(/^JWT_/)) return [unknown('issuer', 'the key set', 'a setting JWT_* has a fault')]
  const { findings, keyIds } = await ask(
    (signal) => checkIssuer(config.jwt.jwksUrl, signal, (sample) => samples.push(sample)),
    (found): IssuerAnswer => ({ findings: [fail('issuer', found, fixes.issuer)], keyIds: undefined }),
  )
  if (token === undefined) return findings
  const parts = { jwt: config.jwt, db: database?.db, keyIds, limitMs }
  return [...findings, ...(await ask(() => checkToken(token, parts), asFailure('token', fixes.postgres)))]
}

async function models({ ask, config, limitMs, isFaulty }: Examination): Promise<readonly Finding[]> {
  const { embeddingModels, answer, rerank } = config
  const line = (check: string, work: (signal: AbortSignal) => Promise<readonly Finding[]>) =>
    ask(work, asFailure(check, fixes.model))
  const lines = await Promise.all([
    isFaulty(/^(EMBEDDING|OPENAI)_/)
      ? [unknown('model', 'the embedding models', 'a setting EMBEDDING_* or OPENAI_* has a fault')]
      : Promise.all(
          embeddingModels.map((settings) =>
            line(`model ${settings.name}`, (signal) => checkEmbedder(settings, { limitMs, signal })),
          ),
        ).then((each) => each.flat()),
    isFaulty(/^(ANSWER|OPENAI)_/)
      ? [unknown('answer model', 'it', 'a setting ANSWER_* or OPENAI_* has a fault')]
      : line('answer model', (signal) => checkAnswerer(answer, { limitMs, signal })),
    isFaulty(/^RERANK_/)
      ? [unknown('reranker', 'it', 'a setting RERANK_* has a fault')]
      : line('reranker', (signal) => checkReranker(rerank, signal)),
  ])
  return lines.flat()
}

async function service({ ask, config, isFaulty }: Examination): Promise<readonly Finding[]> {
  if (isFaulty(/^(ADMIN_)?(PORT|HOST)/))
    return [unknown('service', 'the service', 'a setting of its ports has a fault')]
  return ask((signal) => checkService(config.http, signal), asFailure('service', fixes.service))
}
