import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { difyRoute } from '../../../src/http/public/dify-route.ts'
import { putDocument } from '../../../src/rag/documents/put-document.ts'
import { expectStatus } from '../../support/expect-status.ts'
import { principalOf, RagWorld } from '../../support/rag-world.ts'
import { type KitApp, publicApp } from '../kit-app.ts'

let world: RagWorld
let app: KitApp['app']

beforeAll(async () => {
  world = await RagWorld.open()
  app = publicApp([difyRoute(world.deps)], {
    // `Bearer <tenant>/<group>`
    verify: (authorization = '') => {
      const [, id, group] = /^Bearer ([a-z]+)\/?([a-z]*)$/.exec(authorization) ?? []
      if (id === undefined || id === 'stranger') throw new AppError('unauthenticated', 'The token is not good.')
      return group === 'writer'
        ? { ...principalOf(id), scopes: new Set(['rag:write'] as const) }
        : principalOf(id, ...(group ? [group] : []))
    },
  }).app
  await world.tenant('acme')
  await world.tenant('globex')
  const put = (tenant: string, documentId: string, text: string, metadata: object = {}) =>
    putDocument(world.deps, principalOf(tenant), { documentId, text, source: `${documentId}.md`, metadata })
  await put('acme', 'returns', 'apple returns take thirty days', { year: 2026, kind: ['policy', 'help'] })
  await put('acme', 'old-returns', 'apple returns took ten days', { year: 2019, kind: ['policy'] })
  await put('acme', 'salaries', 'apple salaries', { visibility: ['hr'], year: 2026 })
  await put('globex', 'returns', 'apple pear returns of globex', { year: 2026 })
  await world.home.sql`update tenants set attributes = '{"difyKnowledgeId": "AAA-BBB-CCC"}' where id = 'acme'`
  await world.home.sql`update tenants set attributes = '{"difyKnowledgeId": "DDD-EEE-FFF"}' where id = 'globex'`
})
afterAll(() => world[Symbol.asyncDispose]())

const question = { query: 'apple returns', retrieval_setting: { top_k: 5, score_threshold: 0 } }

async function ask(body: object, authorization = 'Bearer acme') {
  const response = await app.request('/retrieval', {
    method: 'POST',
    headers: { ...(authorization && { authorization }), 'content-type': 'application/json', 'x-request-id': 'r' },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

async function titles(more: object, authorization?: string): Promise<readonly string[]> {
  const { text } = expectStatus(await ask({ knowledge_id: 'acme', ...question, ...more }, authorization), 200)
  return JSON.parse(text).records.map(({ title }: { title: string }) => title)
}

const where = (name: string, comparison_operator: string, value?: unknown) => ({
  metadata_condition: { logical_operator: 'and', conditions: [{ name, comparison_operator, value }] },
})

test('passages come back as Dify reads them', async () => {
  const { status, text } = await ask({
    knowledge_id: 'acme',
    query: 'thirty days',
    metadata_condition: null,
    retrieval_setting: { top_k: 1, score_threshold: 0.1 },
  })
  expect([status, JSON.parse(text)]).toEqual([
    200,
    {
      records: [
        {
          content: expect.stringContaining('thirty days'),
          score: expect.any(Number),
          title: 'returns.md',
          metadata: {
            year: 2026,
            kind: ['policy', 'help'],
            id: 'returns#0',
            documentId: 'returns',
            start: 0,
            end: expect.any(Number),
          },
        },
      ],
    },
  ])
  const [{ score }] = JSON.parse(text).records
  expect(score).toBeGreaterThan(0)
  expect(score).toBeLessThanOrEqual(1)
})

test('the knowledge is named by the id of the tenant or its alias', async () => {
  const all = await titles({})
  expect(all.toSorted()).toEqual(['old-returns.md', 'returns.md'])
  expect(await titles({ knowledge_id: 'AAA-BBB-CCC' })).toEqual(all)
})

test('another tenant’s knowledge and one that nobody has are answered byte-alike with 2001', async () => {
  const answers = await Promise.all(
    ['globex', 'DDD-EEE-FFF', 'nobody', 'tenant_globex_g1', 'ACME'].map((knowledge_id) =>
      ask({ knowledge_id, ...question }),
    ),
  )
  expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({ status: 404, code: 'not_found', error_code: 2001 })
  for (const answer of answers) expect(answer).toEqual(answers[0])
})

test.each([
  ['', 401, 1001],
  ['acme', 401, 1001],
  ['Basic YTpi', 401, 1001],
  ['Bearer ', 401, 1001],
  ['Bearer stranger', 401, 1002],
  ['Bearer acme/writer', 403, 1002],
])('an Authorization of "%s" is answered %i with Dify’s code %i', async (authorization, status, code) => {
  const answer = await ask({ knowledge_id: 'acme', ...question }, authorization)
  expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
    status,
    { error_code: code, error_msg: expect.any(String) },
  ])
})

test('a body that is not Dify’s is a 400 that names the field', async () => {
  const answer = await ask({ knowledge_id: 'acme', query: 'a', retrieval_setting: { top_k: 0 } })
  expect(JSON.parse(answer.text)).toMatchObject({
    status: 400,
    error_code: 400,
    error_msg: expect.stringContaining('retrieval_setting.top_k'),
  })
})

test('conditions narrow what is found', async () => {
  expect(await titles(where('year', '>', '2020'))).toEqual(['returns.md'])
  expect(await titles(where('kind', 'contains', 'help'))).toEqual(['returns.md'])
  expect(await titles(where('kind', 'not contains', 'help'))).toEqual(['old-returns.md'])
  expect(await titles(where('year', 'empty'))).toEqual([])
  const refused = await ask({ knowledge_id: 'acme', ...question, ...where('kind', 'sounds like', 'he') })
  expect([refused.status, JSON.parse(refused.text).error_code]).toEqual([400, 400])
})

describe('conditions of every kind', () => {
  const kept = {
    plain: { title: 'Return policy', day: 20261121, open: true, tags: ['alpha beta', 'gamma'] },
    iso: { title: 'Policy of returns', day: '2026-11-21', open: false, tags: ['alpha'] },
    seconds: { title: 'Terms', day: Date.UTC(2026, 10, 21, 9, 30) / 1000, open: 'true' },
    instant: { title: 'return label', day: '2026-11-21T23:30:00+02:00', tags: ['beta'] },
    old: { title: 'Policy', day: 20191231, open: 'false' },
    past: { title: 'Policy 2', day: '2019-12-31T10:00Z' },
    bare: {},
  }
  beforeAll(async () => {
    await world.tenant('many')
    for (const [documentId, metadata] of Object.entries(kept)) {
      const text = `apple ${documentId} returns`
      await putDocument(world.deps, principalOf('many'), { documentId, text, source: documentId, metadata })
    }
  })

  type Condition = readonly [name: string, operator: string, value?: unknown]
  const found = async (conditions: readonly Condition[], join = 'and') => {
    const given = conditions.map(([name, comparison_operator, value]) => ({ name, comparison_operator, value }))
    const metadata_condition = { logical_operator: join, conditions: given }
    const setting = { retrieval_setting: { top_k: 50, score_threshold: 0 } }
    return [...(await titles({ knowledge_id: 'many', metadata_condition, ...setting }, 'Bearer many'))].sort()
  }

  test.each<[Condition, readonly string[]]>([
    [
      ['title', 'contains', 'olicy'],
      ['iso', 'old', 'past', 'plain'],
    ],
    [
      ['title', 'not contains', 'olicy'],
      ['instant', 'seconds'],
    ],
    [
      ['title', 'start with', 'Policy'],
      ['iso', 'old', 'past'],
    ],
    [['title', 'start with', 'policy'], []],
    [
      ['title', 'end with', 'olicy'],
      ['old', 'plain'],
    ],
    [
      ['title', 'contains', ['label', 'Terms']],
      ['instant', 'seconds'],
    ],
    [
      ['tags', 'contains', 'beta'],
      ['instant', 'plain'],
    ],
    [['tags', 'start with', 'gam'], ['plain']],
    [['documentId', 'start with', 'in'], ['instant']],
    [
      ['day', 'start with', '2019'],
      ['old', 'past'],
    ],
    [
      ['open', 'is', true],
      ['plain', 'seconds'],
    ],
    [
      ['open', 'is', 'true'],
      ['plain', 'seconds'],
    ],
    [
      ['open', 'is not', 'true'],
      ['iso', 'old'],
    ],
    [
      ['open', '=', 'false'],
      ['iso', 'old'],
    ],
    [
      ['open', 'in', 'true,false'],
      ['iso', 'old', 'plain', 'seconds'],
    ],
    [
      ['day', 'before', '2026-11-21'],
      ['old', 'past'],
    ],
    [
      ['day', 'after', '2026-11-20'],
      ['instant', 'iso', 'plain', 'seconds'],
    ],
    [['day', 'after', '2026-11-21'], []],
    [
      ['day', '=', '2026-11-21'],
      ['instant', 'iso', 'plain', 'seconds'],
    ],
    [
      ['day', '≠', '2026-11-21'],
      ['old', 'past'],
    ],
    [
      ['day', '≥', '2026-11-21T09:30:00Z'],
      ['instant', 'seconds'],
    ],
    [['day', '>', '2026-11-21T09:30:00Z'], ['instant']],
    [
      ['day', '≤', '2019-12-31'],
      ['old', 'past'],
    ],
    [['day', '<', '2019-12-31T10:00:00+00:00'], ['old']],
    [['day', 'after', '9999-12-31'], []],
  ])('%j finds %j', async (condition, expected) => {
    expect(await found([condition])).toEqual(expected)
  })

  test('are joined, whoever judges them: the store or the service', async () => {
    const policy = ['title', 'contains', 'olicy'] as const
    const since2020 = ['day', 'after', '2020-01-01'] as const
    const open = ['open', 'is', true] as const
    expect(await found([policy, since2020])).toEqual(['iso', 'plain'])
    expect(await found([policy, since2020, open])).toEqual(['plain'])
    expect(await found([policy, open], 'or')).toEqual(['iso', 'old', 'past', 'plain', 'seconds'])
    expect(
      await found(
        [
          ['title', 'empty'],
          ['tags', 'end with', 'ma'],
        ],
        'or',
      ),
    ).toEqual(['bare', 'plain'])
    expect(
      await found(
        [
          ['open', '≠', true],
          ['title', 'not contains', 'P'],
        ],
        'or',
      ),
    ).toEqual(['instant', 'iso', 'old', 'plain', 'seconds'])
    const chunks = ['chunk', '=', 0] as const
    expect(await found([policy, chunks, since2020])).toEqual(['iso', 'plain'])
  })

  test('give the best first, no more than was asked for, and what the store finds beyond the nearest hundred', async () => {
    await world.tenant('wide')
    const app = principalOf('wide')
    for (let n = 0; n < 120; n++) {
      const metadata = { title: n < 60 ? 'near policy' : 'near', day: '2026-11-21' }
      await putDocument(world.deps, app, {
        documentId: `near${n}`,
        text: 'apple returns',
        source: `near${n}`,
        metadata,
      })
    }
    const far = {
      documentId: 'far',
      text: 'pear of another kind',
      source: 'far',
      metadata: { title: 'x', day: 20191231 },
    }
    await putDocument(world.deps, app, far)
    const ask = (more: object) => titles({ knowledge_id: 'wide', ...more }, 'Bearer wide')
    expect(await ask(where('day', 'before', '2020-01-01'))).toEqual(['far'])
    const policies = await ask(where('title', 'contains', 'policy'))
    expect(policies).toHaveLength(question.retrieval_setting.top_k)
    expect(policies.every((title) => /^near[0-5]?\d$/.test(title))).toBe(true)
  })
})

test('no condition shows a document that the token’s groups don’t see', async () => {
  expect(await titles({}, 'Bearer acme/hr')).toContain('salaries.md')
  for (const condition of [
    where('visibility', 'contains', 'hr'),
    where('visibility', 'not empty'),
    where('visibility', 'is not', 'it'),
    where('documentId', 'is', 'salaries'),
    where('documentId', 'contains', 'salar'),
    where('year', '≠', '2019-01-01'),
    { metadata_condition: { logical_operator: 'or', conditions: where('year', '>', 0).metadata_condition.conditions } },
  ]) {
    expect(await titles(condition)).not.toContain('salaries.md')
  }
})
