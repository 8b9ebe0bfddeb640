import type { PriceList } from '../moves/plan/price-list.ts'
import type { Policy } from '../policy/policy.ts'
import { type ConsoleSettings, consoleOf } from './console-settings.ts'
import { type CrmSettings, crmSourcesOf } from './crm-file.ts'
import { type HttpSettings, httpOf } from './http-settings.ts'
import { type IsolationSettings, isolationOf } from './isolation-settings.ts'
import { type LimitSettings, limitsOf } from './limits-file.ts'
import { misspelledSettings } from './misspelled-settings.ts'
import { modelsOf } from './model-settings.ts'
import { type NoticeHookSettings, noticeHooksOf } from './notice-file.ts'
import { type PatienceSettings, patienceOf } from './patience-settings.ts'
import { policyOf } from './policy-file.ts'
import { priceListOf } from './price-file.ts'
import { programName } from './program-name.ts'
import { type RerankSettings, rerankOf } from './rerank-settings.ts'
import { Secret } from './secret.ts'
import {
  type AnswerSettings,
  databaseUrlOf,
  type EmbeddingSettings,
  type JwtSettings,
  jwtOf,
  listenUrlOf,
  optional,
  type PineconeSettings,
  pineconeOf,
} from './setting-groups.ts'
import { type Environment, type SettingFault, type SettingReader, settingReader } from './setting-reader.ts'
import { signingKeyOf } from './signing-key-file.ts'
import { tracesUrlOf } from './tracing-settings.ts'

/** Every setting of the environment, parsed once. Each part gets its own slice. */
export interface Config {
  readonly http: HttpSettings
  readonly databaseUrl: Secret
  /** A URL that bypasses any pooler; for LISTEN only. */
  readonly databaseListenUrl?: Secret
  readonly pinecone: PineconeSettings
  /** The model of new tenants. */
  readonly embedding: EmbeddingSettings
  /** Every model, by the names that indexes carry. */
  readonly embeddingModels: readonly EmbeddingSettings[]
  readonly answer: AnswerSettings
  readonly retrieveMode: 'dense' | 'hybrid'
  /** A cross-encoder; without one, the lexical reranker is used. */
  readonly rerank?: RerankSettings
  readonly jwt: JwtSettings
  /** Sign-in of staff to the console; without it nobody can sign in there. */
  readonly console?: ConsoleSettings
  readonly limits: LimitSettings
  readonly cache: { readonly ttlMs: number; readonly maxBytes: number }
  readonly ingest: {
    readonly atOnce: number
    /** Limit for one tenant. */
    readonly queueBytesMax: number
  }
  readonly moves: {
    readonly retentionMs: number
    readonly sessionLeaseMs: number
    readonly fenceBudgetMs: number
    readonly storeInDoubtMs: number
    readonly storeVisibleMs: number
    readonly copyLanes: number
    readonly reembedMinCosine: number
    readonly reembedTokensPerMinute: number
  }
  /** Where this replica carries moves on: on a thread of their own, or on the one that serves. */
  readonly mover: 'thread' | 'here'
  readonly patience: PatienceSettings
  readonly isolation: IsolationSettings
  /** Comparisons of the registry with the store. */
  readonly reconcile: {
    /** 0: none by schedule. */
    readonly everyMs: number
    /** How long a finding must have been seen before it may be settled. */
    readonly graceMs: number
  }
  readonly movePolicy: Policy
  readonly noticeHooks: readonly NoticeHookSettings[]
  /** CRMs that tag the tenants of their accounts. */
  readonly crmSources: readonly CrmSettings[]
  /** Prices for plans of moves: the operator's own, or the vendor's list. */
  readonly priceList: PriceList
  readonly registryOutageReads: 'stale' | 'stop'
  /** The deployment's Ed25519 private key, PEM; without it nothing is signed. */
  readonly signingKey?: Secret
  readonly log: { readonly level: (typeof logLevels)[number] }
  /** The address that receives traces; without it there are none. */
  readonly tracesUrl?: string
  /** Oddities of the environment that do not prevent a start, a sentence each. */
  readonly warnings: readonly string[]
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/**
 * Reads the environment; nothing else does.
 * @param defaults replaces the defaults of the settings table (`npm start` supplies its embedded parts); the
 *   environment wins.
 * @throws ConfigError that names every fault at once, with its remedy and without any secret.
 */
export function readConfig(env: Environment = process.env, defaults: Partial<Record<string, string>> = {}): Config {
  const read = settingReader(env, defaults)
  const config = configOf(read, env)
  read.finish()
  return config
}

/**
 * Reads the environment as `readConfig` does, and returns the faults beside what could be read: a setting with a fault
 * has no usable value in `config`.
 */
export function examineConfig(env: Environment = process.env): {
  readonly config: Config
  readonly faults: readonly SettingFault[]
} {
  const read = settingReader(env, {})
  return { config: configOf(read, env), faults: read.faults }
}

function configOf(read: SettingReader, env: Environment): Config {
  return {
    http: httpOf(read),
    databaseUrl: databaseUrlOf(read),
    ...optional('databaseListenUrl', listenUrlOf(read)),
    pinecone: pineconeOf(read),
    ...modelsOf(read),
    ...optional('rerank', rerankOf(read)),
    jwt: jwtOf(read),
    ...optional('console', consoleOf(read)),
    noticeHooks: noticeHooksOf(read),
    crmSources: crmSourcesOf(read),
    limits: limitsOf(read),
    cache: {
      ttlMs: read.number('CACHE_TTL_S', { min: 0, max: 86_400, fraction: true }) * 1000,
      maxBytes: Math.round(read.number('CACHE_MAX_MB', { min: 0, max: 65_536, fraction: true }) * 1024 * 1024),
    },
    ingest: {
      atOnce: read.number('INGEST_AT_ONCE', { min: 1, max: 100 }),
      queueBytesMax: Math.round(
        read.number('INGEST_QUEUE_MB', { min: 1, max: 1_048_576, fraction: true }) * 1024 * 1024,
      ),
    },
    moves: {
      retentionMs: read.number('MOVE_RETENTION_H', { min: 0, max: 8760, fraction: true }) * 3_600_000,
      sessionLeaseMs: read.number('SESSION_LEASE_S', { min: 1, max: 300, fraction: true }) * 1000,
      fenceBudgetMs: read.number('FENCE_BUDGET_MS', { min: 100, max: 30_000 }),
      storeInDoubtMs: read.number('STORE_IN_DOUBT_S', { min: 0, max: 3600, fraction: true }) * 1000,
      storeVisibleMs: read.number('STORE_VISIBLE_S', { min: 0, max: 3600, fraction: true }) * 1000,
      copyLanes: read.number('MOVE_LANES', { min: 1, max: 16 }),
      reembedMinCosine: read.number('REEMBED_MIN_COSINE', { min: 0, max: 1, fraction: true }),
      reembedTokensPerMinute: read.number('REEMBED_TOKENS_PER_MINUTE', { min: 0, max: 1_000_000_000 }),
    },
    mover: read.choice('MOVER', ['thread', 'here']),
    patience: patienceOf(read),
    isolation: isolationOf(read),
    reconcile: {
      everyMs: read.number('RECONCILE_EVERY_H', { min: 0, max: 8760, fraction: true }) * 3_600_000,
      graceMs: read.number('RECONCILE_GRACE_H', { min: 0, max: 8760, fraction: true }) * 3_600_000,
    },
    movePolicy: policyOf(read),
    priceList: priceListOf(read),
    registryOutageReads: read.choice('REGISTRY_OUTAGE_READS', ['stale', 'stop']),
    log: { level: read.choice('LOG_LEVEL', logLevels) },
    ...optional('signingKey', signingKeyOf(read)),
    ...optional('tracesUrl', tracesUrlOf(read)),
    warnings: misspelledSettings(env, read.variables),
  }
}

/** Settings that `npm start`, the tour and `tenant-router token` share beside the service's own. */
export interface DevelopmentSettings {
  /** Folder of the embedded parts' data. */
  readonly dataDir: string
  readonly issuer: {
    readonly issuer: string
    readonly audience: string
    readonly tenantClaim: string
    readonly groupsClaim: string
    readonly rolesClaim: string
  }
}

export function readDevelopmentSettings(env: Environment = process.env): DevelopmentSettings {
  return {
    dataDir: env.DATA_DIR?.trim() || '.data',
    issuer: {
      issuer: env.JWT_ISSUER?.trim() || 'urn:tenant-router:development',
      audience: env.JWT_AUDIENCE?.trim() || 'tenant-router',
      tenantClaim: env.JWT_TENANT_CLAIM?.trim() || 'tenant_id',
      groupsClaim: env.JWT_GROUPS_CLAIM?.trim() || 'groups',
      rolesClaim: env.JWT_ROLES_CLAIM?.trim() || 'roles',
    },
  }
}

/** Address and token that the command line uses for the admin listener. */
export interface ClientSettings {
  /** Undefined: the `npm start` of the data folder. */
  readonly url?: string
  readonly token?: Secret
}

export function readClientSettings(env: Environment = process.env): ClientSettings {
  const token = env.TENANT_ROUTER_TOKEN?.trim()
  return {
    ...optional('url', env.TENANT_ROUTER_URL?.trim() || undefined),
    ...optional('token', token ? new Secret(token) : undefined),
  }
}

/** Address and token that the command line uses for the public listener. */
export interface TenantClientSettings {
  /** Undefined: the `npm start` of the data folder. */
  readonly url?: string
  readonly token?: Secret
}

export function readTenantClientSettings(env: Environment = process.env): TenantClientSettings {
  const token = env.TENANT_ROUTER_TENANT_TOKEN?.trim()
  return {
    ...optional('url', env.TENANT_ROUTER_PUBLIC_URL?.trim() || undefined),
    ...optional('token', token ? new Secret(token) : undefined),
  }
}

/** Words that the caller of the command line types before a verb, as in `npx tenant-router`. */
export function readProgramName(env: Environment = process.env): string {
  return programName(env)
}

/** Reads the only setting that `migrate` needs. */
export function databaseUrlSetting(env: Environment = process.env): Secret {
  const read = settingReader(env, {})
  const url = databaseUrlOf(read)
  read.finish()
  return url
}
