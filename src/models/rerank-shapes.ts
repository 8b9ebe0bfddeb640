/** The request and response format of an endpoint. */
export type RerankShape = 'cohere' | 'jina' | 'tei'

interface ShapeRules {
  /** Texts per request, at most. */
  readonly textsMax: number
  body(query: string, texts: readonly string[], model: string | undefined): object
  /** Pairs of a text's position and its score, in any order; undefined when the response has another shape. */
  scores(answer: unknown): readonly (readonly [unknown, unknown])[] | undefined
}

/**
 * Cohere v2 and Jina v1 differ in how they return the texts; vLLM and others answer like them. TEI
 * (text-embeddings-inference) uses other field names, takes 32 texts a request by default (`--max-client-batch-size`),
 * and refuses long texts unless it may truncate them.
 */
export const shapeRules: Readonly<Record<RerankShape, ShapeRules>> = {
  cohere: {
    textsMax: 1_000,
    body: (query, texts, model) => ({ model, query, documents: texts, top_n: texts.length }),
    scores: (answer) => pairs(isObject(answer) ? answer.results : undefined, 'relevance_score'),
  },
  jina: {
    textsMax: 1_000,
    body: (query, texts, model) => ({
      model,
      query,
      documents: texts,
      top_n: texts.length,
      return_documents: false,
    }),
    scores: (answer) => pairs(isObject(answer) ? answer.results : undefined, 'relevance_score'),
  },
  tei: {
    textsMax: 32,
    body: (query, texts) => ({ query, texts, truncate: true, raw_scores: false }),
    scores: (answer) => pairs(answer, 'score'),
  },
}

function pairs(list: unknown, field: string): readonly (readonly [unknown, unknown])[] | undefined {
  if (!Array.isArray(list) || !list.every(isObject)) return undefined
  return list.map((item) => [item.index, item[field]])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
