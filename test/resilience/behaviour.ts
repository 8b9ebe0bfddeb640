import { readFile, writeFile } from 'node:fs/promises'

export const faults = ['slow', 'down', 'flapping', 'wrong', 'hung'] as const
export type FaultName = (typeof faults)[number]

/** Each request's outcomes: a status, or a status with the code of the problem. */
type Sees = Readonly<Record<string, readonly string[]>>

interface Dependency {
  readonly title: string
  /** The requests by the name that a row has them under, as a caller would say them. */
  readonly asks: Readonly<Record<string, string>>
  readonly cells: Readonly<Record<FaultName, { readonly sees: Sees; readonly words: string }>>
}

const ok = ['200'] as const
const noRegistry = ['503 registry_unavailable'] as const
const noStore = ['503 store_unavailable'] as const
const noModel = ['503 embedding_unavailable'] as const
const noReranker = ['503 rerank_unavailable'] as const
const noAnswer = ['503 answer_unavailable'] as const
const noIssuer = ['503 identity_unavailable'] as const

/**
 * Outcomes of requests while a dependency is sick: the one source of the table in docs/resilience.md and of the tests in
 * this folder. Every request of a row gets one of its outcomes and no other, and all is served again afterwards.
 */
export const behaviour = {
  postgres: {
    title: 'Postgres (within the lease)',
    asks: {
      search: '`POST /retrieve`',
      write: '`POST /vectors/upsert`',
      document: '`PUT /documents/{id}`',
      list: '`GET /documents`',
      staff: '`GET /tenants`',
    },
    cells: {
      slow: {
        sees: { search: ok, write: ok, document: ['200', '201'], list: ok, staff: ok },
        words: 'what asks Postgres takes longer; nothing else does',
      },
      down: {
        sees: { search: ok, write: ok, document: noRegistry, list: noRegistry, staff: noRegistry },
        words: 'refused at once; nothing was changed',
      },
      flapping: {
        sees: {
          search: ok,
          write: ok,
          document: ['200', '201', ...noRegistry, '504 outcome_unknown', '409 document_busy'],
          list: ['200', ...noRegistry],
          staff: ['200', ...noRegistry],
        },
        words: 'a document whose last statement got no answer is in doubt, and busy until that is over',
      },
      wrong: {
        sees: { search: ok, write: ok, document: noRegistry, list: ok, staff: ok },
        words: 'a standby that answers in the place of the primary: what changes rows is refused',
      },
      hung: {
        sees: {
          search: ok,
          write: ok,
          document: [...noRegistry, '504 outcome_unknown'],
          list: noRegistry,
          staff: noRegistry,
        },
        words: 'refused after 5 to 8 s, when the connections are given up',
      },
    },
  },
  store: {
    title: 'The vector store',
    asks: { search: '`POST /retrieve`', write: '`POST /vectors/upsert`', list: '`GET /documents`' },
    cells: {
      slow: { sees: { search: ok, write: ok, list: ok }, words: 'up to `STORE_READ_TIMEOUT_S` an attempt' },
      down: {
        sees: { search: noStore, write: noStore, list: ok },
        words: 'a write that could not be sent is certain to have changed nothing',
      },
      flapping: {
        sees: { search: ['200', ...noStore], write: ['200', ...noStore, '504 outcome_unknown'], list: ok },
        words: 'reads are repeated within a budget; a write at rest is not, once it was sent',
      },
      wrong: {
        sees: { search: noStore, write: ['504 outcome_unknown'], list: ok },
        words: 'an answer that does not belong to the request is no empty one, and confirms no write',
      },
      hung: {
        sees: { search: noStore, write: ['504 outcome_unknown', ...noStore], list: ok },
        words:
          'reads after twice `STORE_READ_TIMEOUT_S`, writes after `STORE_WRITE_TIMEOUT_S`; after ten attempts at once, and then a write was not sent',
      },
    },
  },
  jwks: {
    title: 'The issuer’s keys (JWKS)',
    asks: { known: 'a token seen before', fresh: 'a new token of a known key', rotated: 'a token of a new key' },
    cells: {
      slow: { sees: { known: ok, fresh: ok, rotated: ok }, words: 'only a token of a new key waits' },
      down: { sees: { known: ok, fresh: ok, rotated: noIssuer }, words: 'known keys hold for ten minutes' },
      flapping: { sees: { known: ok, fresh: ok, rotated: ['200', ...noIssuer] }, words: 'asked once a second at most' },
      wrong: {
        sees: { known: ok, fresh: ok, rotated: noIssuer },
        words: 'what is no key set replaces none',
      },
      hung: { sees: { known: ok, fresh: ok, rotated: noIssuer }, words: 'after 5 s, shared by all who wait' },
    },
  },
  embedder: {
    title: 'The embedding model',
    asks: {
      question: '`POST /retrieve` in words',
      vector: '`POST /retrieve` by vector',
      document: '`PUT /documents/{id}`',
    },
    cells: {
      slow: { sees: { question: ok, vector: ok, document: ['200', '201'] }, words: 'up to `EMBEDDING_TIMEOUT_S`' },
      down: {
        sees: { question: noModel, vector: ok, document: noModel },
        words: 'after four tries (two seconds); after ten failures in a row at once',
      },
      flapping: {
        sees: { question: ['200', ...noModel], vector: ok, document: ['200', '201', ...noModel] },
        words: 'tried again within a budget',
      },
      wrong: {
        sees: { question: noModel, vector: ok, document: noModel },
        words: 'an answer without a vector for each text is refused',
      },
      hung: {
        sees: { question: noModel, vector: ok, document: noModel },
        words: 'no attempt is begun after 45 s; after ten failures in a row at once',
      },
    },
  },
  reranker: {
    title: 'The reranker',
    asks: {
      rerank: '`POST /retrieve` with `rerank`',
      optional: 'the same, `optional`',
      plain: 'without `rerank`',
    },
    cells: {
      slow: { sees: { rerank: ok, optional: ok, plain: ok }, words: 'up to `RERANK_TIMEOUT_S`' },
      down: {
        sees: { rerank: noReranker, optional: ok, plain: ok },
        words: '`optional` keeps the order of the search',
      },
      flapping: { sees: { rerank: ['200', ...noReranker], optional: ok, plain: ok }, words: 'tried three times' },
      wrong: { sees: { rerank: noReranker, optional: ok, plain: ok }, words: 'each text needs a score' },
      hung: { sees: { rerank: noReranker, optional: ok, plain: ok }, words: 'after ten failures in a row at once' },
    },
  },
  answerer: {
    title: 'The answer model',
    asks: { answer: '`POST /answer`', passages: '`POST /retrieve`' },
    cells: {
      slow: { sees: { answer: ok, passages: ok }, words: 'up to `ANSWER_TIMEOUT_S` of silence' },
      down: { sees: { answer: noAnswer, passages: ok }, words: 'after three tries' },
      flapping: {
        sees: { answer: ['200', ...noAnswer], passages: ok },
        words: 'never tried again once words have come',
      },
      wrong: { sees: { answer: noAnswer, passages: ok }, words: 'a stream without an end is none' },
      hung: { sees: { answer: noAnswer, passages: ok }, words: 'not tried again' },
    },
  },
} as const satisfies Readonly<Record<string, Dependency>>

const begin = '<!-- behaviour: made by `node test/resilience/behaviour.ts` -->'
const end = '<!-- /behaviour -->'

/** The tables as the page has them, with their marks. */
export function behaviourTables(): string {
  const tables = Object.values(behaviour as Readonly<Record<string, Dependency>>).flatMap(({ title, asks, cells }) => [
    `### ${title}`,
    '',
    `| | ${Object.values(asks).join(' | ')} | |`,
    `|---|${Object.keys(asks)
      .map(() => '---|')
      .join('')}---|`,
    ...faults.map((fault) => {
      const { sees, words } = cells[fault]
      const shown = Object.keys(asks).map((name) => (sees[name] ?? []).map(outcome).join(', '))
      return `| ${fault} | ${shown.join(' | ')} | ${words} |`
    }),
    '',
  ])
  return [begin, '', ...tables, end].join('\n')
}

function outcome(text: string): string {
  const [status, code] = text.split(' ')
  return code === undefined ? `${status}` : `${status} \`${code}\``
}

if (import.meta.main) {
  const file = new URL('../../docs/resilience.md', import.meta.url)
  const page = await readFile(file, 'utf8')
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`put ${begin} and ${end} into docs/resilience.md`)
  await writeFile(file, `${before}${behaviourTables()}${after}`)
}
