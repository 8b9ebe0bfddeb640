import { unavailable } from './embedding-faults.ts'

export interface EmbeddingAnswer {
  readonly data?: readonly { readonly index?: number; readonly embedding?: unknown }[]
  readonly usage?: { readonly total_tokens?: number; readonly prompt_tokens?: number }
}

/**
 * The vectors of a response in the order of the texts, in either encoding.
 *
 * @throws AppError `embedding_unavailable` unless there is one vector per text, of the right dimension, numeric and not
 *   all zero: a zero vector finds nothing, and the store would blame the caller.
 */
export function vectorsOf(answer: EmbeddingAnswer, texts: number, model: string, dimension: number): number[][] {
  const data = Array.isArray(answer?.data) ? answer.data : []
  const inOrder = data.toSorted((a, b) => (a?.index ?? 0) - (b?.index ?? 0))
  if (inOrder.length !== texts) {
    throw unavailable(`The embedding model ${model} answered with ${inOrder.length} vectors for ${texts} texts.`)
  }
  return inOrder.map((item) => vectorOf(item?.embedding, model, dimension))
}

function vectorOf(embedding: unknown, model: string, dimension: number): number[] {
  const vector = typeof embedding === 'string' ? decoded(embedding) : embedding
  if (!Array.isArray(vector)) throw unavailable(`The embedding model ${model} answered without a vector.`)
  if (vector.length !== dimension) {
    throw unavailable(
      `The embedding model ${model} gives vectors of ${vector.length} dimensions where ${dimension} are configured.`,
    )
  }
  if (!vector.every((value) => typeof value === 'number' && Number.isFinite(Math.fround(value)))) {
    throw unavailable(`The embedding model ${model} answered with a vector that is not all numbers.`)
  }
  if (vector.every((value) => value === 0)) {
    throw unavailable(`The embedding model ${model} answered with a vector of zeros.`)
  }
  return vector
}

/** Base64 of float32, little-endian, as in OpenAI's protocol. */
function decoded(text: string): number[] {
  const bytes = Buffer.from(text, 'base64')
  const whole = bytes.length - (bytes.length % 4)
  return Array.from({ length: whole / 4 }, (_, at) => bytes.readFloatLE(at * 4))
}
