import { moveTable } from './move-table.ts'
import { patienceTable } from './patience-table.ts'

/** One environment variable that the service reads. The README's table is generated from this list. */
export interface Setting {
  readonly name: string
  /** Undefined: the setting is required, or stays off. */
  readonly default?: string
  readonly meaning: string
  readonly secret?: true
}

export const settings = [
  { name: 'PORT', default: '8080', meaning: 'public listener (tenant tokens)' },
  { name: 'ADMIN_PORT', default: '8081', meaning: 'admin listener (staff tokens, metrics)' },
  { name: 'HOST', default: '0.0.0.0', meaning: 'address that the public listener binds to' },
  { name: 'ADMIN_HOST', default: '127.0.0.1', meaning: 'address that the admin listener binds to' },
  {
    name: 'ADMIN_HOSTS',
    default: '',
    meaning:
      'host names of the admin listener, as in `router.internal *.example.com`, beside `localhost`, addresses and `ADMIN_HOST`; other names are refused',
  },
  { name: 'APPROVALS', default: '', meaning: 'verbs of staff that a second person approves: docs/approvals.md' },
  {
    name: 'MCP_ORIGINS',
    default: '',
    meaning:
      'origins of pages and desktop apps that may call `/mcp`, as in `https://chat.example.com`; others are refused',
  },
  {
    name: 'DRAIN_S',
    default: '5',
    meaning:
      'how long requests go on after SIGTERM while `/readyz` is 503; longer than the balancer takes to see it (`npm start`: 0)',
  },
  { name: 'DATABASE_URL', meaning: 'Postgres 15 or newer; required (`npm start`: embedded)', secret: true },
  {
    name: 'DATABASE_LISTEN_URL',
    meaning:
      'the same database past a transaction pooler, for LISTEN alone; without it, replicas behind such a pooler poll every 2 s',
    secret: true,
  },
  { name: 'PINECONE_API_KEY', meaning: 'as the official SDK reads it; required (`npm start`: embedded)', secret: true },
  { name: 'PINECONE_CONTROLLER_HOST', meaning: 'as the official SDK reads it (`npm start`: embedded)' },
  { name: 'PINECONE_CLOUD', default: 'aws', meaning: 'where new indexes are made: `aws`, `gcp` or `azure`' },
  { name: 'PINECONE_REGION', default: 'us-east-1', meaning: 'where new indexes are made' },
  { name: 'INDEX_PREFIX', default: 'tenant-router', meaning: 'index names begin with it; up to 20 characters' },
  {
    name: 'INDEX_METRIC',
    default: 'cosine',
    meaning:
      'or `dotproduct`: how new indexes compare vectors; only `dotproduct` takes sparse values, so hybrid search asks the store itself; an index keeps the one that it was made with',
  },
  {
    name: 'POOL_NAMESPACE_LIMIT',
    default: '10000',
    meaning: 'namespaces per shared index, before the next one is opened',
  },
  {
    name: 'PROJECT_INDEX_LIMIT',
    default: '20',
    meaning: 'indexes a Pinecone project allows; a promote that would pass it is refused before it starts',
  },
  {
    name: 'PINECONE_PROJECTS',
    meaning:
      'a JSON file with further Pinecone projects (see below); without it the one of the settings above is the only one',
  },
  {
    name: 'EMBEDDING_PROVIDER',
    default: 'openai',
    meaning: '`openai` is any OpenAI-compatible endpoint; `local` is the built-in sentence encoder (`npm start`)',
  },
  { name: 'EMBEDDING_MODEL', default: 'text-embedding-3-small', meaning: '`local` supports only `use-lite`' },
  {
    name: 'EMBEDDING_DIMENSION',
    default: '1536',
    meaning: '`local` supports only 512; an index made with another keeps its own, and needs a model that has it',
  },
  {
    name: 'EMBEDDING_MODELS',
    meaning:
      'a JSON file with further embedding models (see below); without it the one of the settings above is the only one',
  },
  {
    name: 'EMBEDDING_BATCH',
    default: '2048',
    meaning: 'texts per request to the provider, at most; a smaller limit of the provider is discovered',
  },
  {
    name: 'EMBEDDING_ENCODING',
    default: 'base64',
    meaning: 'requested encoding of vectors (`encoding_format`): `base64`, `float`, or `none` to omit it',
  },
  {
    name: 'OPENAI_API_KEY',
    meaning: "the `openai` SDK's own name; required with provider `openai` unless `OPENAI_BASE_URL` is set",
    secret: true,
  },
  {
    name: 'OPENAI_BASE_URL',
    meaning: "the `openai` SDK's own name; a query (Azure's `?api-version=`) is sent with each request",
  },
  {
    name: 'OPENAI_KEY_HEADER',
    default: 'auto',
    meaning: '`authorization` or `api-key`; `auto`: `api-key` for hosts of Azure, `authorization` for all others',
  },
  {
    name: 'RETRIEVE_MODE',
    default: 'dense',
    meaning: 'or `hybrid`: default `mode` of a question in words (`npm start`: `hybrid`)',
  },
  {
    name: 'ANSWER_PROVIDER',
    default: 'openai',
    meaning: '`openai`, or `extractive`: quotes the best passages and calls no model (`npm start`)',
  },
  { name: 'ANSWER_MODEL', meaning: 'chat model of `/answer` with provider `openai`' },
  {
    name: 'ANSWER_CONTEXT_TOKENS',
    default: '6000',
    meaning: 'token budget of the passages that an answer is written from',
  },
  {
    name: 'RERANK_URL',
    meaning:
      'a cross-encoder for `rerank`, as in `https://api.cohere.com/v2/rerank`; without it, the lexical reranker is used',
  },
  {
    name: 'RERANK_SHAPE',
    meaning: '`cohere`, `jina` or `tei`; by default derived from the path: `/v2/rerank`, `/v1/rerank`, and else `tei`',
  },
  { name: 'RERANK_MODEL', meaning: 'model of the reranker; `tei` serves one and needs none' },
  { name: 'RERANK_API_KEY', meaning: 'sent to it as a bearer token', secret: true },
  { name: 'JWT_ISSUER', meaning: 'required (`npm start`: embedded)' },
  { name: 'JWT_AUDIENCE', meaning: 'required (`npm start`: embedded)' },
  { name: 'JWT_JWKS_URL', meaning: 'required (`npm start`: embedded); asymmetric algorithms only' },
  { name: 'JWT_TENANT_CLAIM', default: 'tenant_id', meaning: 'the claim that names the tenant' },
  { name: 'JWT_GROUPS_CLAIM', default: 'groups', meaning: "the claim that lists the caller's groups" },
  { name: 'JWT_ROLES_CLAIM', default: 'roles', meaning: 'the claim that lists staff roles' },
  {
    name: 'JWT_DEFAULT_SCOPES',
    default: '',
    meaning: 'scopes a tenant token without a `scope` claim has, as in `rag:read rag:write`',
  },
  {
    name: 'CONSOLE_CLIENT_ID',
    meaning:
      'the console’s OIDC client at the issuer; without it nobody can sign in to `/console` (docs/console.md; `npm start`: embedded)',
  },
  {
    name: 'CONSOLE_CLIENT_SECRET',
    meaning: 'its secret; without one it is a public client, whose codes PKCE alone protects',
    secret: true,
  },
  {
    name: 'CONSOLE_COOKIE_KEY',
    meaning:
      'signs the console’s cookies; at least 32 random characters, the same on every replica; required with `CONSOLE_CLIENT_ID`',
    secret: true,
  },
  {
    name: 'CONSOLE_DISCOVERY_URL',
    meaning: 'the issuer’s OIDC metadata; by default `JWT_ISSUER` with `/.well-known/openid-configuration`',
  },
  {
    name: 'CONSOLE_URL',
    meaning:
      'the origin by which browsers reach the console, as in `https://router.internal`, where a proxy stands before it; its host need not be in `ADMIN_HOSTS`',
  },
  { name: 'RATE_LIMIT_STORE', default: 'postgres', meaning: '`memory` for one replica' },
  {
    name: 'RATE_LIMIT_ON_ERROR',
    default: 'insurance',
    meaning:
      'limits while Postgres is unavailable: `insurance` (each replica keeps to its share), `open`, or `closed` (503)',
  },
  {
    name: 'RATE_LIMITS',
    meaning: 'a JSON file with the limits of each tier (see below); without it, wide defaults apply',
  },
  {
    name: 'REQUESTS_IN_FLIGHT',
    default: '512',
    meaning: 'concurrent requests of all tenants per replica; further ones wait, one of each tenant in turn',
  },
  ...patienceTable,
  { name: 'CACHE_TTL_S', default: '60', meaning: 'how long a result is cached; 0 turns the cache off' },
  { name: 'CACHE_MAX_MB', default: '64', meaning: 'memory for cached results; 0 turns the cache off' },
  { name: 'INGEST_AT_ONCE', default: '4', meaning: 'documents that a replica ingests concurrently' },
  {
    name: 'INGEST_QUEUE_MB',
    default: '256',
    meaning: 'waiting uploads of one tenant, at most; further ones are refused',
  },
  { name: 'MOVE_RETENTION_H', default: '72', meaning: "how long a move's source is kept for rollback" },
  {
    name: 'MOVE_POLICY',
    meaning:
      'a JSON file that says who should have an index of its own, and may promote automatically; without it, advice only',
  },
  { name: 'CRM_HOOKS', meaning: 'a JSON file with CRMs that may tag the tenants of their accounts: docs/crm.md' },
  { name: 'NOTICE_HOOKS', meaning: 'a JSON file with hooks that signed events are sent to: docs/notices.md' },
  { name: 'PRICE_LIST', meaning: "a JSON file with prices for plans of moves and costs, instead of the vendor's list" },
  { name: 'SESSION_LEASE_S', default: '10', meaning: "a replica's lease on what it has cached of a tenant's place" },
  ...moveTable,
  {
    name: 'RECONCILE_EVERY_H',
    default: '24',
    meaning: 'how often one replica compares the registry with the store; 0: only when asked',
  },
  {
    name: 'RECONCILE_GRACE_H',
    default: '24',
    meaning: 'how long a difference must have been seen before `reconcile --fix` may settle it',
  },
  {
    name: 'PROVE_ISOLATION_EVERY_H',
    default: '0',
    meaning: 'how often one replica starts a run of `prove-isolation` (24: daily); 0: only when asked',
  },
  {
    name: 'PROVE_ISOLATION_URL',
    meaning:
      'the deployment’s public address, which runs of `prove-isolation` ask, past its proxies and balancer; without it a run asks its own replica',
  },
  {
    name: 'SIGNING_KEY_FILE',
    meaning:
      'file with an Ed25519 private key (PEM) that signs the audit chain, the same on every replica; without it nothing is signed (`npm start` makes one)',
  },
  {
    name: 'REGISTRY_OUTAGE_READS',
    default: 'stale',
    meaning: 'or `stop`: behaviour of reads while Postgres is unavailable for longer than the lease',
  },
  { name: 'LOG_LEVEL', default: 'info', meaning: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`' },
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning:
      'where traces go, as OTLP in JSON to `<endpoint>/v1/traces`; without it there are none. Other standard `OTEL_*` variables hold as well (docs/observability.md)',
  },
  { name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', meaning: 'the whole address that traces go to, in place of that one' },
  { name: 'OTEL_SDK_DISABLED', default: 'false', meaning: '`true` turns traces off' },
] as const satisfies readonly Setting[]

export type SettingName = (typeof settings)[number]['name']
