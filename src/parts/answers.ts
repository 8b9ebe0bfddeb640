import type { Config } from '../config/config.ts'
import type { WordVectors } from '../lexical/word-vectors.ts'
import type { Answerer } from '../models/answerer.ts'

/** Who writes the answers. Loaded only when used: the SDK takes its time. */
export async function openAnswerer(
  { provider, model, apiKey, baseUrl, keyHeader }: Config['answer'],
  words: WordVectors | undefined,
): Promise<Answerer> {
  if (provider === 'extractive') return (await import('../models/extractive.ts')).extractiveAnswerer(words)
  if (model === undefined) return (await import('../models/no-answerer.ts')).noAnswerer()
  const { openAiAnswerer } = await import('../models/openai-answerer.ts')
  return openAiAnswerer({ model, apiKey: apiKey?.reveal(), baseUrl, keyHeader })
}
