import { ApiError, invalid } from '../../pinecone-wire/api-error.ts'
import type { ApiVersion } from '../../pinecone-wire/api-version.ts'
import { isObject, type JsonObject } from '../../pinecone-wire/body-fields.ts'
import type { Engine } from '../engine/engine.ts'
import type { FaultDesk } from '../faults/fault-desk.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import type { IndexEntry } from '../store/catalog.ts'
import { changeIndex, createLocalIndex, removeIndex } from './index-changes.ts'
import { localIndexModel } from './index-model.ts'
import { deletionProtection, parseCreate } from './index-request.ts'
import { notOffered, refuseDedicated } from './place.ts'
import { mergeTags } from './tags.ts'

export interface ControlCall {
  readonly engine: Engine
  readonly faults: FaultDesk
  readonly indexName: string
  readonly body: JsonObject
  readonly version: ApiVersion
  readonly origin: string
}

/** POST /indexes. */
export async function createIndex({ engine, faults, body, version, origin }: ControlCall): Promise<LocalAnswer> {
  const { name, config } = parseCreate(body)
  const { indexLimit, indexReadyMs } = faults.settings
  const readyAtMs = indexReadyMs === 0 ? 0 : Date.now() + indexReadyMs
  const index = await createLocalIndex(engine, name, { ...config, readyAtMs }, () => {
    if (engine.indexes.all().length < indexLimit) return
    throw new ApiError(
      403,
      `Request failed. You've reached the max serverless indexes allowed in project pinecone-local (${indexLimit}). Use namespaces to partition your data into logical groups, or upgrade your plan to add more serverless indexes.`,
    )
  })
  return json(localIndexModel(index, version, origin), 201)
}

/** GET /indexes. */
export function listLocalIndexes({ engine, version, origin }: ControlCall): LocalAnswer {
  return json({ indexes: engine.indexes.all().map((index) => localIndexModel(index, version, origin)) })
}

/** GET /indexes/{index_name}. */
export function describeIndex(call: ControlCall): LocalAnswer {
  return json(localIndexModel(named(call), call.version, call.origin))
}

/** PATCH /indexes/{index_name}: tags and deletion protection; read capacity only unchanged. */
export async function configureIndex(call: ControlCall): Promise<LocalAnswer> {
  const { engine, body, version, origin } = call
  const index = named(call)
  refuseOtherChanges(body)
  const protection = deletionProtection(body)
  await changeIndex(engine, index, (config) => ({
    ...config,
    tags: mergeTags(config.tags, body.tags),
    deletionProtection: protection ?? config.deletionProtection,
  }))
  return json(localIndexModel(index, version, origin), 202)
}

/** DELETE /indexes/{index_name}. */
export async function deleteIndex(call: ControlCall): Promise<LocalAnswer> {
  const index = named(call)
  await removeIndex(call.engine, index, () => {
    if (index.config.deletionProtection === 'disabled') return
    throw new ApiError(
      403,
      'Deletion protection is enabled for this index. Disable deletion protection before retrying.',
    )
  })
  return { status: 202, body: '' }
}

function named({ engine, indexName }: ControlCall): IndexEntry {
  const index = engine.indexes.named(indexName)
  if (index === undefined) throw new ApiError(404, `Resource ${indexName} not found`)
  return index
}

function refuseOtherChanges({ spec, read_capacity, deployment, schema, embed }: JsonObject): void {
  const serverless = isObject(spec) ? spec.serverless : undefined
  refuseDedicated(read_capacity ?? (isObject(serverless) ? serverless.read_capacity : undefined))
  if (isObject(spec) && serverless === undefined) throw invalid('Only serverless indexes are offered')
  for (const [name, change] of Object.entries({ deployment, schema, embed })) {
    if (change !== undefined) throw notOffered(`changing an index's ${name}`)
  }
}
