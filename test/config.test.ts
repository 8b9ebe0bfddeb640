import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { checkSettingsTable, settingsTable } from '../scripts/settings-table.ts'
import { readConfig } from '../src/config/config.ts'
import { Secret } from '../src/config/secret.ts'
import { settings } from '../src/config/settings.ts'
import { enough } from './config/enough.ts'

function faultsOf(env: Record<string, string | undefined>): string {
  try {
    readConfig(env)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

test('what is required is enough, and the rest has the defaults of the contract', () => {
  const config = readConfig(enough)
  expect(config.http).toEqual({
    port: 8080,
    host: '0.0.0.0',
    adminPort: 8081,
    adminHost: '127.0.0.1',
    drainMs: 5000,
    adminHosts: ['127.0.0.1'],
    mcpOrigins: [],
    approvals: new Set(),
  })
  expect(config.embedding).toMatchObject({ provider: 'openai', model: 'text-embedding-3-small', dimension: 1536 })
  expect(config.cache).toEqual({ ttlMs: 60_000, maxBytes: 64 * 1024 * 1024 })
  expect(config.moves).toEqual({
    retentionMs: 72 * 3_600_000,
    sessionLeaseMs: 10_000,
    fenceBudgetMs: 5000,
    storeInDoubtMs: 60_000,
    storeVisibleMs: 30_000,
    copyLanes: 4,
    reembedMinCosine: 0.99,
    reembedTokensPerMinute: 1_000_000,
  })
  expect(config.databaseUrl.reveal()).toBe(enough.DATABASE_URL)
  expect(config).not.toHaveProperty('tracesUrl')
})

test('all faults are reported at once, each with a remedy', () => {
  const message = faultsOf({
    ...enough,
    JWT_ISSUER: undefined,
    PORT: 'eighty',
    INDEX_PREFIX: 'Not-Legal-',
    PINECONE_CLOUD: 'moon',
    JWT_JWKS_URL: 'id.example.com/jwks',
    JWT_DEFAULT_SCOPES: 'rag:read rag:admin',
    FENCE_BUDGET_MS: '99999',
    CACHE_TTL_S: '-1',
  })
  expect(message.split('\n')[0]).toBe('8 settings are wrong:')
  for (const line of [
    'JWT_ISSUER is missing',
    'PORT is "eighty": set a whole number from 0 to 65535',
    'INDEX_PREFIX is "Not-Legal-": use up to 20 lower-case letters',
    'PINECONE_CLOUD is "moon": set one of aws, gcp, azure',
    'JWT_JWKS_URL is not a URL',
    'JWT_DEFAULT_SCOPES has "rag:admin" in it: use rag:read and rag:write',
    'FENCE_BUDGET_MS is "99999"',
    'CACHE_TTL_S is "-1"',
  ]) {
    expect(message).toContain(line)
  }
})

test('names of the admin listener and origins of agents are lists, checked word by word', () => {
  const lists = { ADMIN_HOSTS: 'router.internal, *.Example.com', MCP_ORIGINS: 'https://Chat.example.com app://desk' }
  expect(readConfig({ ...enough, ...lists, ADMIN_HOST: 'box' }).http).toMatchObject({
    adminHosts: ['box', 'router.internal', '*.example.com'],
    mcpOrigins: ['https://chat.example.com', 'app://desk'],
  })
  for (const bad of ['http://router.internal', 'router.internal:8081', '*', 'a/b']) {
    expect(faultsOf({ ...enough, ADMIN_HOSTS: bad })).toContain(`ADMIN_HOSTS has "${bad}" in it`)
  }
  for (const bad of ['*', 'chat.example.com', 'https://chat.example.com/']) {
    expect(faultsOf({ ...enough, MCP_ORIGINS: bad })).toContain(`MCP_ORIGINS has "${bad}" in it`)
  }
})

test('no secret is shown: not by a fault, not by the config printed whole', () => {
  const message = faultsOf({
    ...enough,
    DATABASE_URL: 'mysql://root:hunter2@db',
    OPENAI_BASE_URL: 'ftp://me:hunter2@x',
  })
  expect(message).toContain('DATABASE_URL is not a Postgres URL')
  expect(message).not.toContain('hunter2')
  const config = readConfig(enough)
  const printed = `${inspect(config, { depth: 9, showHidden: true })} ${JSON.stringify(config)} ${config.databaseUrl}`
  expect(printed).toContain('[secret]')
  for (const secret of ['hunter2', 'pcsk_very_secret', 'sk-very-secret']) expect(printed).not.toContain(secret)
  expect(new Secret('x').reveal()).toBe('x')
})

test('a database URL is read as the driver reads it', () => {
  for (const good of ['postgres://h/d', 'postgresql://u:p%23@h:5432/d?sslmode=require', 'postgres://u:p@a:1,b:2/d']) {
    expect(faultsOf({ ...enough, DATABASE_URL: good })).toBe('')
  }
  for (const bad of ['postgres://', 'h:5432/d', 'postgres://h:port/d', 'postgres://a,,b/d']) {
    expect(faultsOf({ ...enough, DATABASE_URL: bad })).toContain('DATABASE_URL is not a Postgres URL')
  }
})

test.each([
  ['postgres://u:qx#zk@h/d', 'a raw #', '%23'],
  ['postgres://u:qx%zk@h/d', 'a raw %', '%25'],
  ['postgres://u:qx@zk@h/d', 'a raw @', '%40'],
  ['postgres://u:qx/zk@h/d', 'a raw / or ?', '%2F'],
  ['postgres://u:qx?zk@h/d', 'a raw / or ?', '%2F'],
  ['postgres://u:qx zk@h/d', 'a raw space', '%20'],
])(
  'a character that cuts a database URL in the wrong place is named, and no piece of it is shown: %s',
  (url, wrong, as) => {
    for (const name of ['DATABASE_URL', 'DATABASE_LISTEN_URL']) {
      const told = faultsOf({ ...enough, [name]: url })
      expect(told).toContain(`${name} has ${wrong}`)
      expect(told).toContain(as)
      expect(told).not.toMatch(/qx|zk/)
    }
  },
)

test('a value in quotes, as some readers of env files hand it on, is named', () => {
  const told = faultsOf({ ...enough, DATABASE_URL: '"postgres://u:hidden@h/d"', JWT_AUDIENCE: "'app'" })
  expect(told).toContain('DATABASE_URL is in quotes')
  expect(told).toContain('JWT_AUDIENCE is in quotes')
  expect(told).not.toContain('hidden')
})

test('a variable that looks like a setting and is read by nothing is named with the nearest right name', () => {
  const odd = { MOVE_RETENTION_HOURS: '1', DATABSE_URL: 'x', INGEST_AT_ONC: '2', TENANT_ROUTER_TOKN: 'x' }
  const others = {
    PATH: '/bin',
    REQUESTS_CA_BUNDLE: '/x',
    HOSTNAME: 'h',
    CACHE_SERVICE_HOST: '10.0.0.1',
    STORE_PORT_80_TCP_ADDR: '10.0.0.1',
  }
  const { warnings } = readConfig({ ...enough, ...odd, ...others })
  expect(warnings).toEqual([
    'DATABSE_URL is set, but nothing reads it: did you mean DATABASE_URL?',
    'INGEST_AT_ONC is set, but nothing reads it: did you mean INGEST_AT_ONCE?',
    'MOVE_RETENTION_HOURS is set, but nothing reads it: did you mean MOVE_RETENTION_H?',
    'TENANT_ROUTER_TOKN is set, but nothing reads it: did you mean TENANT_ROUTER_TOKEN?',
  ])
})

test('an entry may replace defaults, and the environment still wins', () => {
  const defaults = { ...enough, EMBEDDING_PROVIDER: 'local', ANSWER_PROVIDER: 'extractive', PORT: '9090' }
  expect(readConfig({ PORT: '7070' }, defaults).http.port).toBe(7070)
  expect(readConfig({ PORT: ' ' }, defaults).http.port).toBe(9090)
  expect(readConfig({}, defaults).embedding).toMatchObject({ provider: 'local', model: 'use-lite', dimension: 512 })
})

test('an embedding dimension that the model cannot give is refused', () => {
  const local = { ...enough, EMBEDDING_PROVIDER: 'local' }
  expect(faultsOf({ ...local, EMBEDDING_MODEL: 'bge', EMBEDDING_DIMENSION: '384' })).toContain('2 settings are wrong')
  expect(faultsOf({ ...local, EMBEDDING_MODEL: 'use-lite', EMBEDDING_DIMENSION: '512' })).toBe('')
  expect(faultsOf({ ...enough, EMBEDDING_DIMENSION: '3072' })).toContain('EMBEDDING_DIMENSION is "3072"')
  expect(faultsOf({ ...enough, EMBEDDING_MODEL: 'my-model' })).toContain('the dimension of "my-model" is not known')
  expect(faultsOf({ ...enough, EMBEDDING_MODEL: 'my-model', EMBEDDING_DIMENSION: '768' })).toBe('')
})

test('tenants and staff cannot share a listener, nor claims', () => {
  expect(faultsOf({ ...enough, ADMIN_PORT: '8080' })).toContain('ADMIN_PORT is 8080, the same as PORT')
  expect(faultsOf({ ...enough, JWT_ROLES_CLAIM: 'groups' })).toContain('give each of the three its own')
})

test('an OpenAI key is asked for only by what needs one', () => {
  expect(faultsOf({ ...enough, OPENAI_API_KEY: '' })).toContain('OPENAI_API_KEY is missing')
  expect(faultsOf({ ...enough, OPENAI_API_KEY: '', OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' })).toBe('')
  const without = { ...enough, OPENAI_API_KEY: '', EMBEDDING_PROVIDER: 'local', ANSWER_PROVIDER: 'extractive' }
  expect(faultsOf(without)).toBe('')
})

test("README's settings table is checked row by row", () => {
  expect(checkSettingsTable(`# x\n\n${settingsTable()}\n`)).toEqual([])
  expect(checkSettingsTable('# x')).toHaveLength(1)
  const port = settings[0]
  const stale = settingsTable().replace(/.*`PORT`.*\n/, '| `PORTS` | `80` | gone |\n')
  expect(checkSettingsTable(stale)).toEqual([
    `README.md's settings table has no row for ${port.name}.`,
    "README.md's settings table has PORTS, which nothing reads.",
  ])
})
