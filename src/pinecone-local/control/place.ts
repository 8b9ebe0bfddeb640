import { ApiError, invalid, missingField } from '../../pinecone-wire/api-error.ts'
import { isObject, type JsonObject } from '../../pinecone-wire/body-fields.ts'

interface Place {
  readonly cloud: string
  readonly region: string
  readonly metadataSchema?: unknown
}

/** The vendor's regions for serverless indexes (API reference 2026-04, create an index). */
const regions: Readonly<Record<string, readonly string[]>> = {
  aws: ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-southeast-1'],
  gcp: ['us-central1', 'europe-west4'],
  azure: ['eastus2'],
}

/** The place of a `spec`. */
export function serverless(spec: unknown): Place {
  if (spec === undefined || spec === null) throw missingField('spec')
  if (isObject(spec) && spec.pod !== undefined) throw notOffered('pod indexes (spec.pod)')
  if (isObject(spec) && spec.byoc !== undefined) throw notOffered('your own cloud (spec.byoc)')
  const inner = isObject(spec) && isObject(spec.serverless) ? spec.serverless : undefined
  if (inner === undefined) throw invalid('spec: expected serverless with cloud and region')
  if (inner.source_collection !== undefined && inner.source_collection !== null) {
    throw notOffered('collections (spec.serverless.source_collection)')
  }
  refuseDedicated(inner.read_capacity)
  const place = checkPlace(inner)
  const { schema } = inner
  return schema === undefined || schema === null ? place : { ...place, metadataSchema: checkMetadataSchema(schema) }
}

/** The place of a `deployment`. */
export function deployment(value: unknown): Place {
  // Left out, the vendor chooses a managed deployment.
  if (value === undefined || value === null) return { cloud: 'aws', region: 'us-east-1' }
  if (!isObject(value)) throw invalid('deployment: expected an object')
  if (value.deployment_type !== 'managed') {
    throw notOffered(`deployments other than managed (deployment_type ${JSON.stringify(value.deployment_type)})`)
  }
  return checkPlace(value)
}

/** @throws ApiError 400 for anything but on-demand reads. */
export function refuseDedicated(capacity: unknown): void {
  if (capacity === undefined || capacity === null) return
  if (isObject(capacity) && capacity.mode === 'OnDemand') return
  if (isObject(capacity) && capacity.mode === 'Dedicated') throw notOffered('Dedicated read capacity (read_capacity)')
  throw invalid("read_capacity.mode must be 'OnDemand' or 'Dedicated'")
}

/** Refuses with 400, whose message the SDK shows; it would retry a 501 and report it as the vendor's outage. */
export function notOffered(what: string): ApiError {
  return invalid(`pinecone-local does not offer ${what}.`)
}

function checkPlace({ cloud, region }: JsonObject): Place {
  if (typeof cloud !== 'string') throw missingField('cloud')
  if (typeof region !== 'string' || region === '') throw missingField('region')
  const known = Object.hasOwn(regions, cloud) ? regions[cloud] : undefined
  if (!known?.includes(region)) throw new ApiError(404, `Resource cloud: ${cloud} region: ${region} not found.`)
  return { cloud, region }
}

/** Checks `{fields:{name:{filterable:true}}}`, the metadata to index. */
function checkMetadataSchema(schema: unknown): JsonObject {
  if (!isObject(schema) || !isObject(schema.fields)) throw invalid('schema: expected an object with fields')
  for (const [name, field] of Object.entries(schema.fields)) {
    if (!isObject(field) || field.filterable !== true) {
      throw invalid(`schema.fields.${name}: only filterable: true is supported`)
    }
  }
  return schema
}
