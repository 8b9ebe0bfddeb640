import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { difyRoute } from '../../../src/http/public/dify-route.ts'
import { putDocument } from '../../../src/rag/put-document.ts'
import { principalOf, type RagWorld, ragWorld } from '../../support/rag-world.ts'
import { type KitApp, publicApp } from '../kit-app.ts'

let world: RagWorld
let app: KitApp['app']

beforeAll(async () => {
  world = await ragWorld()
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
  const { status, text } = await ask({ knowledge_id: 'acme', ...question, ...more }, authorization)
  expect([status, text]).toEqual([200, expect.any(String)])
  return JSON.parse(text).records.map(({ title }: { title: string }) => title)
}

const where = (name: string, comparison_operator: string, value?: unknown) => ({
  metadata_condition: { logical_operator: 'and', conditions: [{ name, comparison_operator, value }] },
})

test('passages come back as Dify reads them', async () => {
  const { status, text } = await ask({
    ...{ knowledge_id: 'acme', query: 'thirty days', metadata_condition: null },
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
            ...{ year: 2026, kind: ['policy', 'help'], id: 'returns#0', documentId: 'returns' },
            ...{ start: 0, end: expect.any(Number) },
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
  const refused = await ask({ knowledge_id: 'acme', ...question, ...where('kind', 'start with', 'he') })
  expect([refused.status, JSON.parse(refused.text).error_code]).toEqual([400, 400])
})

test('no condition shows a document that the token’s groups don’t see', async () => {
  expect(await titles({}, 'Bearer acme/hr')).toContain('salaries.md')
  for (const condition of [
    where('visibility', 'contains', 'hr'),
    where('visibility', 'not empty'),
    where('visibility', 'is not', 'it'),
    where('documentId', 'is', 'salaries'),
    { metadata_condition: { logical_operator: 'or', conditions: where('year', '>', 0).metadata_condition.conditions } },
  ]) {
    expect(await titles(condition)).not.toContain('salaries.md')
  }
})
