import { invalid, notFound } from '../../pinecone-wire/api-error.ts'
import { field, isObject, optionalString } from '../../pinecone-wire/body-fields.ts'
import { namespaceModel } from '../../pinecone-wire/describe-answers.ts'
import { defaultNamespace, readNamespaceName } from '../../pinecone-wire/names.ts'
import { readList } from '../../pinecone-wire/read-requests.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import type { IndexEntry, NamespaceConfig, NamespaceEntry } from '../store/catalog.ts'
import { checkNamespaceLimit, type DataCall } from './call.ts'
import { pageStart, pageToken } from './page-token.ts'
import { namespaceBytes } from './read-units.ts'

/** POST /namespaces. */
export async function createNamespace(call: DataCall): Promise<LocalAnswer> {
  const { engine, index, body } = call
  const given = optionalString(body, 'name')
  if (given === undefined || given === '') throw invalid('Namespace name must not be empty')
  const name = readNamespaceName(given)
  if (name === defaultNamespace) throw invalid(`Namespace name '${defaultNamespace}' is reserved`)
  const schema = parseSchema(field(body, 'schema'))
  const check = () => checkNamespaceLimit(call)
  const namespace = await engine.createNamespace(index, name, schema === undefined ? null : { schema }, check)
  return { ...json(description(call, namespace)), requestLsn: namespace.lsn }
}

/** GET /namespaces: in byte order, in pages. */
export function listNamespaces(call: DataCall): LocalAnswer {
  const { engine, index, query } = call
  const { prefix, limit, token } = readList(query)
  const after = pageStart(token)
  for (const [name, { held }] of index.namespaces) if (held.length > 0) engine.visible(index, name)
  const found = engine.catalog.namespaceNames(index, prefix, after, limit + 1)
  const names = found.slice(0, limit)
  const last = names.at(-1)
  const pagination = found.length > limit && last !== undefined ? { pagination: { next: pageToken(last) } } : {}
  const namespaces = names.flatMap((name) => {
    const namespace = index.namespaces.get(name)
    return namespace === undefined ? [] : [description(call, namespace)]
  })
  const total = call.version >= '2025-10' ? { total_count: countNamespaces(index, prefix) } : {}
  return json({ namespaces, ...pagination, ...total })
}

/** GET /namespaces/{namespace}. */
export function describeNamespace(call: DataCall): LocalAnswer {
  const namespace = call.engine.visible(call.index, call.namespace)
  if (namespace === null) throw notFound('Namespace not found')
  return { ...json(description(call, namespace)), maxIndexedLsn: namespace.indexedLsn }
}

/** DELETE /namespaces/{namespace}: takes effect at once, regardless of the lag. */
export async function deleteNamespace(call: DataCall): Promise<LocalAnswer> {
  const { lsn } = await call.engine.deleteNamespace(call.index, call.namespace)
  return { ...json({}), requestLsn: lsn }
}

function countNamespaces(index: IndexEntry, prefix: string): number {
  let count = 0
  for (const [name, { visible }] of index.namespaces) if (visible && name.startsWith(prefix)) count++
  return count
}

function description({ index, version }: DataCall, namespace: NamespaceEntry): Record<string, unknown> {
  const { name, recordCount, config } = namespace
  const schema = config?.schema === undefined || version < '2025-10' ? {} : schemaFields(config)
  const sizeBytes = namespaceBytes(index, namespace)
  return { ...namespaceModel({ name, recordCount, sizeBytes }, version), ...schema }
}

function schemaFields({ schema }: NamespaceConfig): Record<string, unknown> {
  const fields = isObject(schema) && isObject(schema.fields) ? Object.keys(schema.fields) : []
  return { schema, indexed_fields: { fields } }
}

function parseSchema(schema: unknown): unknown {
  if (schema === undefined) return undefined
  if (!isObject(schema) || !isObject(schema.fields)) throw invalid('schema: expected an object with fields')
  for (const [name, config] of Object.entries(schema.fields)) {
    if (!isObject(config) || config.filterable !== true) {
      throw invalid(`schema.fields.${name}: only filterable: true is supported`)
    }
  }
  return schema
}
