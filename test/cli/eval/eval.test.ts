import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluate } from '../../../src/cli/eval/evaluate.ts'
import { publicApi } from '../../../src/cli/eval/public-api.ts'
import { parseQuestionSet } from '../../../src/cli/eval/question-set.ts'
import { readSamples } from '../../../src/dev/samples.ts'
import { type FakeAdmin, fakeAdmin, type Seen } from '../fake-admin.ts'
import { runCli } from '../run-cli.ts'

/** Three questions, of which each mode finds one more at the first place. */
const found: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  dense: { one: ['a#0', 'b#0'], two: ['c#0', 'c#1', 'a#0', 'b#0'], three: ['c#0'] },
  hybrid: { one: ['a#0'], two: ['b#3', 'c#0'], three: ['c#0'] },
  reranked: { one: ['a#0'], two: ['b#3'], three: ['d#1', 'c#0'] },
}
const questions = [
  { question: 'one', documentId: 'a' },
  { question: 'two', documentIds: ['b'] },
  { question: 'three', chunkIds: ['d#1'] },
]
const jwt = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

let folder: string
let set: string
const services: FakeAdmin[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-router-eval-'))
  set = join(folder, 'set.json')
  await writeFile(set, JSON.stringify(questions))
})
afterAll(async () => {
  for (const service of services) await service[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function modeOf({ body }: Seen): string {
  const { mode, rerank } = body as { mode?: string; rerank?: object }
  return rerank === undefined ? (mode ?? 'dense') : 'reranked'
}

function matchesOf(seen: Seen): readonly [number, unknown] {
  const { query } = seen.body as { query: string }
  const ids = found[modeOf(seen)]?.[query] ?? []
  const matches = ids.map((id) => ({ id, documentId: id.split('#')[0] }))
  return [200, { matches, ...(modeOf(seen) === 'reranked' && { search: { lexical: 'store', reranker: 'lexical' } }) }]
}

async function service(answer: (seen: Seen) => readonly [number, unknown] = matchesOf): Promise<FakeAdmin> {
  const one = await fakeAdmin(answer)
  services.push(one)
  return one
}

const env = (url: string, token = jwt({ tenant_id: 'acme' })) => ({
  TENANT_ROUTER_PUBLIC_URL: url,
  TENANT_ROUTER_TENANT_TOKEN: token,
})

test('the modes stand side by side, with the questions that none of them answers', async () => {
  const { url, seen } = await service()
  const run = await runCli(['eval', '--tenant', 'acme', '--set', set, '--k', '3,1'], env(url))
  expect(run.err).toBe('dense misses: three\nhybrid misses: three\n')
  expect(run.out.split('\n').map((line) => line.split('\t'))).toEqual([
    ['MODE', 'RECALL@1', 'RECALL@3', 'NDCG@10', 'MRR', 'BY'],
    ['dense', '0.333', '0.667', '0.500', '0.444', ''],
    ['hybrid', '0.667', '0.667', '0.667', '0.667', ''],
    ['reranked', '1.000', '1.000', '1.000', '1.000', 'words: store, lexical'],
    [''],
  ])
  expect(run.code).toBe(0)
  expect(seen).toHaveLength(9)
  expect(new Set(seen.map(({ method, path, token }) => [method, path, token].join()))).toEqual(
    new Set([`POST,/retrieve,${jwt({ tenant_id: 'acme' })}`]),
  )
})

test('as JSON for scripts', async () => {
  const { url } = await service()
  const run = await runCli(['eval', '--tenant', 'acme', '--set', set, '--json'], env(url))
  expect(JSON.parse(run.out)).toMatchObject({
    tenantId: 'acme',
    questions: 3,
    depth: 50,
    modes: [
      {
        mode: 'dense',
        recall: { 1: 0.3333, 3: 0.6667, 5: 0.6667, 10: 0.6667 },
        ndcgAt10: 0.5,
        mrr: 0.4444,
        missed: ['three'],
      },
      { mode: 'hybrid' },
      { mode: 'reranked', by: { reranker: 'lexical' }, missed: [] },
    ],
  })
})

/** Evaluates as the command does, without a separate process. */
async function measured(url: string, mode: 'dense' | 'hybrid' = 'dense') {
  const api = publicApi(url, 'token', new AbortController().signal)
  return evaluate(api, parseQuestionSet(JSON.stringify(questions), 'set.json'), mode, { ks: [1], depth: 50 })
}

test('a mode that the service does not have is left out, with its reason', async () => {
  const { url } = await service(() => [
    ...([400, { code: 'invalid_request', detail: 'mode: must be dense', faults: [{ path: 'mode' }] }] as const),
  ])
  expect(await measured(url, 'hybrid')).toEqual({ mode: 'hybrid', refused: 'mode: must be dense' })
})

test('with --answers it prints what is answered, from where, and what is refused', async () => {
  const said: Readonly<Record<string, object>> = {
    one: { answeredBy: 'extractive', citations: [{ id: 'a#0', documentId: 'a' }] },
    two: { answeredBy: 'none', citations: [] },
    three: { answeredBy: 'extractive', citations: [{ id: 'c#0', documentId: 'c' }] },
    four: { answeredBy: 'none', citations: [] },
    five: { answeredBy: 'extractive', citations: [] },
  }
  const { url } = await service((seen) => {
    const { question } = seen.body as { question?: string }
    return question === undefined ? matchesOf(seen) : [200, said[question]]
  })
  const path = join(folder, 'answers.json')
  const nowhere = ['four', 'five'].map((question) => ({ question, unanswerable: true }))
  await writeFile(path, JSON.stringify([...questions, ...nowhere]))
  const run = await runCli(['eval', '--tenant', 'acme', '--set', path, '--answers'], env(url))
  expect(run.out).toContain(
    'answers (extractive): 2 of 3 answerable questions answered, 1 from a document that answers',
  )
  expect(run.out).toContain('not found: said of 1 of 2 questions that nothing answers')
  expect(run.out).toContain('answered all the same: five')
})

test('what is limited for a moment is asked again', async () => {
  let refusals = 2
  const { url, seen } = await service((one) =>
    refusals-- > 0 ? [429, { code: 'quota_exceeded', detail: 'later' }] : matchesOf(one),
  )
  expect(await measured(url)).toMatchObject({ mode: 'dense', recall: { 1: 0.3333 } })
  expect(seen).toHaveLength(5)
})

test.each<[string, () => readonly [number, unknown], object]>([
  ['refuses the token', () => [401, { code: 'unauthenticated', detail: 'No.' }], { exitCode: 3 }],
  ['refuses the question', () => [400, { code: 'invalid_request', faults: [{ path: 'query' }] }], { exitCode: 3 }],
  ['is another service', () => [200, { hello: true }], { exitCode: 1 }],
])('a service that %s ends the run', async (_what, answer, thrown) => {
  const { url } = await service(answer)
  await expect(measured(url)).rejects.toMatchObject(thrown)
})

test('a token of another tenant than the one named is wrong use, and nothing is asked', async () => {
  const { url, seen } = await service()
  const run = await runCli(['eval', '--tenant', 'globex', '--set', set], env(url))
  expect(run).toMatchObject({ code: 2, err: expect.stringContaining('belongs to another tenant'), out: '' })
  expect(seen).toEqual([])
})

test.each([
  ['not JSON', '{'],
  ['no list', '{}'],
  ['an empty list', '[]'],
  ['a question without an answer', '[{"question": "a"}]'],
  ['a question with no ids', '[{"question": "a", "documentIds": []}]'],
  ['documents and chunks at once', '[{"question": "a", "documentId": "b", "chunkIds": ["c"]}]'],
])('%s is no set of questions', (_what, text) => {
  expect(() => parseQuestionSet(text, 'set.json')).toThrow(/set\.json is (not JSON|no set of questions)/)
})

test('the questions of every sample tenant are a set that can be read, and its answers are there', async () => {
  const samples = await readSamples()
  expect(samples).toHaveLength(4)
  for (const { questions: own, documents } of samples) {
    const ids = new Set(documents.map(({ id }) => id))
    const parsed = parseQuestionSet(JSON.stringify(own), 'questions.json')
    expect(parsed.length).toBeGreaterThan(10)
    expect(parsed.filter(({ relevant }) => relevant.size === 0)).toEqual([])
    for (const { relevant } of parsed) for (const id of relevant) expect(ids).toContain(id)
  }
})
