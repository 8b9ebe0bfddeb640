import type { Config } from '../config/config.ts'
import type { WordVectors } from '../lexical/word-vectors.ts'
import type { Answerer } from '../models/answerer.ts'
import type { OpenAiAnswererOptions } from '../models/openai-answerer.ts'
import { type Tracer, tracedFetch } from '../tracing/tracer.ts'

/** Opens the configured answerer. It is loaded only when used, since the SDK loads slowly. */
export async function openAnswerer(
  { provider, model, apiKey, baseUrl, keyHeader }: Config['answer'],
  words: WordVectors | undefined,
  tracer: Tracer | undefined,
  patience: Pick<OpenAiAnswererOptions, 'silenceMs' | 'maxRetries' | 'guard'> = {},
): Promise<Answerer> {
  if (provider === 'extractive') return (await import('../models/extractive.ts')).extractiveAnswerer(words)
  if (model === undefined) return (await import('../models/no-answerer.ts')).noAnswerer()
  const { openAiAnswerer } = await import('../models/openai-answerer.ts')
  const fetch = tracer && tracedFetch(tracer)
  return openAiAnswerer({ model, apiKey: apiKey?.reveal(), baseUrl, keyHeader, fetch, ...patience })
}
