import { Secret } from './secret.ts'
import type { SettingReader } from './setting-reader.ts'

export interface RerankSettings {
  readonly url: string
  readonly shape: 'cohere' | 'jina' | 'tei'
  readonly model?: string
  readonly apiKey?: Secret
}

const shapes = ['cohere', 'jina', 'tei'] as const

/** Undefined when no endpoint is configured. */
export function rerankOf(read: SettingReader): RerankSettings | undefined {
  const url = read.url('RERANK_URL')
  const model = read.raw('RERANK_MODEL')
  const apiKey = read.raw('RERANK_API_KEY')
  if (!url) {
    for (const [name, value] of [['RERANK_MODEL', model] as const, ['RERANK_API_KEY', apiKey] as const]) {
      if (value) read.fault(name, 'is set, and RERANK_URL is not', 'set RERANK_URL too, or neither')
    }
    return undefined
  }
  if (!URL.canParse(url)) return undefined
  const shape = read.given('RERANK_SHAPE') === undefined ? shapeOf(url) : read.choice('RERANK_SHAPE', shapes)
  if (shape !== 'tei' && !model) {
    read.fault('RERANK_MODEL', 'is missing', `an endpoint of the shape ${shape} needs a model`)
  }
  return { url, shape, ...(model && { model }), ...(apiKey && { apiKey: new Secret(apiKey) }) }
}

/**
 * Guesses the shape from the endpoint's path: Cohere's ends in `/v2/rerank`, Jina's in `/v1/rerank`, TEI's is
 * `/rerank`.
 */
function shapeOf(url: string): RerankSettings['shape'] {
  const { pathname } = new URL(url)
  if (/\/v2\/rerank\/?$/.test(pathname)) return 'cohere'
  return /\/v1\/rerank\/?$/.test(pathname) ? 'jina' : 'tei'
}
