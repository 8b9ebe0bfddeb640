import type { IndexConfig, VectorKind } from '../catalog.ts'
import { ApiError, invalid } from '../http/api-error.ts'
import { isObject, type JsonObject } from '../http/body-fields.ts'
import { limits } from '../limits.ts'
import type { Metric } from '../search/score.ts'
import { mergeTags } from './tags.ts'

export interface IndexRequest {
  readonly name: string
  readonly config: Omit<IndexConfig, 'readyAtMs'>
}

const metrics: readonly string[] = ['cosine', 'dotproduct', 'euclidean'] satisfies Metric[]
const clouds: readonly string[] = ['aws', 'gcp', 'azure']

/**
 * Reads a create request in either form: `dimension`, `metric`, `vector_type` and `spec.serverless` (2025-10,
 * 2026-04), or `schema.fields` with the reserved vector fields and `deployment` (2026-07).
 *
 * @throws ApiError 400, 422, or 501 for an index kind that is not offered.
 */
export function parseCreate(body: JsonObject): IndexRequest {
  const name = checkName(body.name)
  const inSchema = body.schema !== undefined && body.spec === undefined
  const place = inSchema ? deployment(body.deployment) : serverless(body.spec)
  const vector = inSchema ? schemaVector(body.schema) : classicVector(body)
  const tags = mergeTags(null, body.tags)
  return { name, config: { vector, ...place, tags, deletionProtection: deletionProtection(body) ?? 'disabled' } }
}

export function deletionProtection(body: JsonObject): 'enabled' | 'disabled' | undefined {
  const value = body.deletion_protection
  if (value === undefined || value === null) return undefined
  if (value === 'enabled' || value === 'disabled') return value
  throw invalid(`deletion_protection must be 'enabled' or 'disabled', got ${JSON.stringify(value)}`)
}

function checkName(name: unknown): string {
  if (name === undefined || name === null) throw missing('name')
  if (typeof name !== 'string') throw invalid(`name: expected a string, got ${JSON.stringify(name)}`)
  if (name.length < 1 || name.length > limits.indexNameLength) {
    throw invalid(`Index name must be between 1 and ${limits.indexNameLength} characters long.`)
  }
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) {
    throw invalid(
      "Name must consist of lower case alphanumeric characters or '-', and start and end with an alphanumeric",
    )
  }
  return name
}

function classicVector(body: JsonObject): VectorKind {
  const type = body.vector_type ?? 'dense'
  const metric = body.metric ?? (type === 'sparse' ? 'dotproduct' : 'cosine')
  const dimension = body.dimension ?? undefined
  if (type === 'sparse') {
    if (dimension !== undefined) throw invalid('Dimension should not be specified for sparse indexes')
    if (metric !== 'dotproduct') throw invalid('Sparse indexes must use the dotproduct metric')
    return { type: 'sparse' }
  }
  if (type !== 'dense') throw invalid(`vector_type must be 'dense' or 'sparse', got ${JSON.stringify(type)}`)
  if (dimension === undefined) throw invalid('Dimension is required for dense indexes')
  return dense(dimension, metric)
}

function schemaVector(schema: unknown): VectorKind {
  const fields = isObject(schema) && isObject(schema.fields) ? schema.fields : undefined
  if (fields === undefined) throw missing('fields')
  const names = Object.keys(fields)
  if (names.length === 0) {
    throw invalid(
      'Schema must contain at least one of the following field types: dense_vector, sparse_vector, string with full_text_search',
    )
  }
  if (names.some((name) => name !== '_values' && name !== '_sparse_values')) {
    throw new ApiError(
      501,
      'pinecone-local does not offer document indexes. A schema may have the fields _values and _sparse_values only.',
    )
  }
  const values = fields._values
  if (values === undefined) {
    checkType(fields._sparse_values, '_sparse_values', 'sparse_vector')
    return { type: 'sparse' }
  }
  if (fields._sparse_values !== undefined) checkType(fields._sparse_values, '_sparse_values', 'sparse_vector')
  const field = checkType(values, '_values', 'dense_vector')
  return dense(field.dimension, field.metric ?? 'cosine')
}

function checkType(field: unknown, name: string, type: string): JsonObject {
  if (!isObject(field) || field.type !== type) throw invalid(`Schema field ${name} must be of type ${type}`)
  return field
}

function dense(dimension: unknown, metric: unknown): VectorKind {
  if (typeof dimension !== 'number' || !Number.isInteger(dimension)) {
    throw invalid(`dimension: expected an integer, got ${JSON.stringify(dimension)}`)
  }
  if (dimension < 1 || dimension > limits.dimension) {
    throw invalid(`Dimension must be between 1 and ${limits.dimension}, got ${dimension}`)
  }
  if (typeof metric !== 'string' || !metrics.includes(metric)) {
    throw invalid(`metric must be one of ${metrics.join(', ')}, got ${JSON.stringify(metric)}`)
  }
  return { type: 'dense', dimension, metric: metric as Metric }
}

interface Place {
  readonly cloud: string
  readonly region: string
}

function serverless(spec: unknown): Place {
  if (spec === undefined || spec === null) throw missing('spec')
  if (isObject(spec) && (spec.pod !== undefined || spec.byoc !== undefined)) {
    throw new ApiError(501, 'pinecone-local offers serverless indexes only, not pod or byoc.')
  }
  const inner = isObject(spec) && isObject(spec.serverless) ? spec.serverless : undefined
  if (inner === undefined) throw invalid('spec: expected serverless with cloud and region')
  return checkPlace(inner)
}

function deployment(value: unknown): Place {
  // Left out, the vendor chooses a managed deployment.
  if (value === undefined || value === null) return { cloud: 'aws', region: 'us-east-1' }
  if (!isObject(value)) throw invalid('deployment: expected an object')
  if (value.deployment_type !== 'managed') {
    throw new ApiError(
      501,
      `pinecone-local offers managed deployments only, not ${JSON.stringify(value.deployment_type)}.`,
    )
  }
  return checkPlace(value)
}

function checkPlace({ cloud, region }: JsonObject): Place {
  if (typeof cloud !== 'string') throw missing('cloud')
  if (typeof region !== 'string' || region === '') throw missing('region')
  if (!clouds.includes(cloud)) throw new ApiError(404, `Resource cloud: ${cloud} region: ${region} not found.`)
  return { cloud, region }
}

function missing(name: string): ApiError {
  return new ApiError(422, `Failed to deserialize the JSON body into the target type: missing field \`${name}\``)
}
