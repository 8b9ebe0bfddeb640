import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { enough } from './enough.ts'

const shapeOf = (url: string, more: Record<string, string> = {}) =>
  readConfig({ ...enough, RERANK_URL: url, RERANK_MODEL: 'judge', ...more }).rerank?.shape

test('without an address there is no reranker, and vectors are compared by cosine', () => {
  expect(readConfig(enough)).not.toHaveProperty('rerank')
  expect(readConfig(enough).embedding.metric).toBe('cosine')
  expect(readConfig({ ...enough, INDEX_METRIC: 'dotproduct' }).embedding.metric).toBe('dotproduct')
})

test('the path decides the shape, and the setting overrides it', () => {
  expect(shapeOf('https://api.cohere.com/v2/rerank')).toBe('cohere')
  expect(shapeOf('https://api.jina.ai/v1/rerank')).toBe('jina')
  expect(shapeOf('http://tei:8080/rerank')).toBe('tei')
  expect(shapeOf('http://vllm:8000/rerank', { RERANK_SHAPE: 'jina' })).toBe('jina')
})

test.each([
  [{ RERANK_MODEL: 'judge' }, 'RERANK_MODEL is set, and RERANK_URL is not'],
  [{ RERANK_URL: 'https://api.cohere.com/v2/rerank' }, 'RERANK_MODEL is missing'],
  [{ RERANK_URL: 'rerank' }, 'RERANK_URL is not a URL'],
  [{ RERANK_URL: 'http://tei/rerank', RERANK_SHAPE: 'xml' }, 'RERANK_SHAPE is "xml"'],
  [{ INDEX_METRIC: 'euclidean' }, 'INDEX_METRIC is "euclidean"'],
])('%j is a fault', (env, words) => {
  expect(() => readConfig({ ...enough, ...env })).toThrow(words)
})

test('the key is not shown', () => {
  const config = readConfig({ ...enough, RERANK_URL: 'http://tei/rerank', RERANK_API_KEY: 'rk-very-secret' })
  expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('rk-very-secret')
  expect(config.rerank?.apiKey?.reveal()).toBe('rk-very-secret')
})
