import { invalid, missingField } from '../../pinecone-wire/api-error.ts'
import { isObject, type JsonObject } from '../../pinecone-wire/body-fields.ts'
import { vendorLimits } from '../../pinecone-wire/limits.ts'
import type { Metric } from '../shapes/score.ts'
import type { IndexConfig, VectorKind } from '../store/catalog.ts'
import { deployment, notOffered, refuseDedicated, serverless } from './place.ts'
import { mergeTags } from './tags.ts'

export interface IndexRequest {
  readonly name: string
  readonly config: Omit<IndexConfig, 'readyAtMs'>
}

const metrics: readonly string[] = ['cosine', 'dotproduct', 'euclidean'] satisfies Metric[]

/**
 * Reads a create request in either form: `dimension`, `metric`, `vector_type` and `spec.serverless`, or, since 2026-04,
 * `schema.fields` with the reserved vector fields and `deployment`.
 *
 * @throws ApiError 400, 404 or 422; an unsupported feature is refused by its name.
 */
export function parseCreate(body: JsonObject): IndexRequest {
  const name = checkName(body.name)
  refuseNotOffered(body)
  const inSchema = body.schema !== undefined && body.schema !== null
  const vector = inSchema ? schemaVector(body.schema) : classicVector(body)
  const place = inSchema && body.spec === undefined ? deployment(body.deployment) : serverless(body.spec)
  const tags = mergeTags(null, body.tags)
  return { name, config: { vector, ...place, tags, deletionProtection: deletionProtection(body) ?? 'disabled' } }
}

/**
 * Refuses fields that would make another kind of index, since ignoring them would silently give the caller the wrong
 * one.
 */
function refuseNotOffered(body: JsonObject): void {
  const kinds = {
    embed: 'integrated embedding',
    source_collection: 'collections',
    source_backup_id: 'backups',
    cmek_id: 'encryption keys of your own',
  }
  for (const [field, what] of Object.entries(kinds)) {
    if (body[field] !== undefined && body[field] !== null) throw notOffered(`${what} (${field})`)
  }
  refuseDedicated(body.read_capacity)
}

export function deletionProtection(body: JsonObject): 'enabled' | 'disabled' | undefined {
  const value = body.deletion_protection
  if (value === undefined || value === null) return undefined
  if (value === 'enabled' || value === 'disabled') return value
  throw invalid(`deletion_protection must be 'enabled' or 'disabled', got ${JSON.stringify(value)}`)
}

function checkName(name: unknown): string {
  if (name === undefined || name === null) throw missingField('name')
  if (typeof name !== 'string') throw invalid(`name: expected a string, got ${JSON.stringify(name)}`)
  if (name.length < 1 || name.length > vendorLimits.indexNameLength) {
    throw invalid(`Index name must be between 1 and ${vendorLimits.indexNameLength} characters long.`)
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
  if (fields === undefined) throw missingField('fields')
  const names = Object.keys(fields)
  if (names.length === 0) {
    throw invalid(
      'Schema must contain at least one of the following field types: dense_vector, sparse_vector, string with full_text_search',
    )
  }
  const others = names.filter((name) => name !== '_values' && name !== '_sparse_values')
  if (others.length > 0) {
    throw notOffered(
      `document indexes: a schema may have the fields _values and _sparse_values only, not ${others.join(', ')}`,
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
  if (dimension < 1 || dimension > vendorLimits.dimension) {
    throw invalid(`Dimension must be between 1 and ${vendorLimits.dimension}, got ${dimension}`)
  }
  if (typeof metric !== 'string' || !metrics.includes(metric)) {
    throw invalid(`metric must be one of ${metrics.join(', ')}, got ${JSON.stringify(metric)}`)
  }
  return { type: 'dense', dimension, metric: metric as Metric }
}
