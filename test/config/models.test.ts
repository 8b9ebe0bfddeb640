import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'

const enough = {
  DATABASE_URL: 'postgres://127.0.0.1/x',
  PINECONE_API_KEY: 'x',
  JWT_ISSUER: 'x',
  JWT_AUDIENCE: 'x',
  JWT_JWKS_URL: 'https://id.example.com/jwks',
  ANSWER_PROVIDER: 'extractive',
  VOYAGE_KEY: 'pa-very-secret',
}
const plain = { OPENAI_API_KEY: 'sk-plain' }
const voyage = {
  name: 'voyage-3',
  provider: 'openai',
  baseUrl: 'https://api.voyageai.com/v1',
  apiKeyVariable: 'VOYAGE_KEY',
  dimension: 1024,
}

async function read(entries: unknown, env: Readonly<Record<string, string>> = plain) {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'models.json')
  await writeFile(path, JSON.stringify(entries))
  return readConfig({ ...enough, ...env, EMBEDDING_MODELS: path })
}

const faultsOf = (entries: unknown, env?: Readonly<Record<string, string>>) =>
  read(entries, env).then(
    () => '',
    (error: Error) => error.message,
  )

test('without the file the model of the plain variables is the only one', () => {
  const config = readConfig({ ...enough, ...plain, INDEX_METRIC: 'dotproduct' })
  expect(config.embeddingModels).toEqual([config.embedding])
  expect(config.embedding).toMatchObject({ name: 'text-embedding-3-small', dimension: 1536, metric: 'dotproduct' })
})

test('models of the file follow the plain one, which stays that of new tenants', async () => {
  const small = { ...voyage, name: 'small-512', model: 'text-embedding-3-small', dimension: 512, metric: 'dotproduct' }
  const local = { name: 'built-in', provider: 'local', dimension: 512 }
  const more = {
    maxTokens: 512,
    batch: 128,
    encoding: 'float',
    keyHeader: 'api-key',
    price: 0.06,
    regions: ['eu-west-1'],
  }
  const { embedding, embeddingModels } = await read([{ ...voyage, ...more }, small, local])
  expect(embeddingModels.map(({ name }) => name)).toEqual([
    'text-embedding-3-small',
    'voyage-3',
    'small-512',
    'built-in',
  ])
  expect(embedding).toBe(embeddingModels[0])
  const { batch: maxBatch, ...rest } = more
  expect(embeddingModels[1]).toMatchObject({ ...rest, maxBatch, model: 'voyage-3', metric: 'cosine', dimension: 1024 })
  expect(embeddingModels[1]?.apiKey?.reveal()).toBe('pa-very-secret')
  expect(embeddingModels[2]).toMatchObject({ model: 'text-embedding-3-small', dimension: 512, metric: 'dotproduct' })
  expect(embeddingModels[3]).toMatchObject({ model: 'use-lite', provider: 'local' })
  expect(inspect(embeddingModels, { depth: 5 })).not.toContain('pa-very-secret')
})

test('where the file has the default, the plain variables may be left out', async () => {
  const { embedding, embeddingModels } = await read([{ ...voyage, default: true }], {})
  expect([embedding.name, embeddingModels.length]).toEqual(['voyage-3', 1])
  expect((await read([{ ...voyage, default: true }])).embeddingModels).toHaveLength(2)
})

test('every fault of the file is told with its entry, and no key is shown', async () => {
  const message = await faultsOf([
    { ...voyage, apiKeyVariable: 'sk-pasted-by-mistake', dimension: 0, metric: 'euclidean', speed: 1 },
    voyage,
    voyage,
    { ...voyage, name: 'unset', apiKeyVariable: 'NOT_SET' },
    { name: 'bare', provider: 'openai', dimension: 8 },
    { name: 'none', provider: 'local', dimension: 511 },
    { name: 'far', provider: 'local', dimension: 511 },
    { ...voyage, name: 'text-embedding-3-small', default: true },
    { ...voyage, name: 'second', default: true },
    7,
  ])
  for (const words of [
    'entry 1 (voyage-3), apiKeyVariable: must be the name of an environment variable',
    'entry 1 (voyage-3), dimension: must be at least 1',
    'entry 1 (voyage-3), metric: must be cosine or dotproduct',
    'entry 1 (voyage-3): take out what nothing reads: "speed"',
    'entry 3 (voyage-3) a name that is taken',
    'names NOT_SET in entry 4 (unset), which is not set',
    'entry 5 (bare) neither apiKeyVariable nor baseUrl',
    'entry 6, name: must not be none',
    'entry 7 (far) a local model that there is not: it is use-lite, with the dimension 512',
    'has the name of EMBEDDING_MODEL, text-embedding-3-small',
    'has several defaults',
    'entry 10: must be an object',
  ]) {
    expect(message).toContain(words)
  }
  expect(message).not.toContain('sk-pasted')
  expect(await faultsOf({ name: 'x' })).toContain('which is not a JSON list')
  expect(await faultsOf([voyage], {})).toContain('OPENAI_API_KEY is missing')
})
