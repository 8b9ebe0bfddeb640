import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Context } from '../../kit/context.ts'
import { CliError } from '../../kit/exit-code.ts'

/** A part of the file is sent once it has this many vectors, or so many bytes of lines. */
const vectorsAtOnce = 500
const bytesAtOnce = 2_000_000
/** A line of a vector of 20,000 dimensions is about 0.5 MB. */
const lineBytesMax = 4_000_000
/** Ids that the command names, at most. */
const namedAtMost = 20

interface Vector {
  readonly id: string
  readonly values: readonly number[]
}

interface SuppliedFile {
  readonly id: string
  readonly records: number
  readonly unknown: readonly string[]
  readonly withText: number
}

/**
 * Sends a file of vectors to the service, part by part: a JSON line each, `{"id", "values"}`. It is read as a stream.
 * @returns the id by which the service knows it.
 * @throws CliError `usage` for a file that can't be read or a line that is none; `refused` by the server.
 */
export async function supplyFile(
  context: Context,
  { tenantId, model, path }: { readonly tenantId: string; readonly model: string; readonly path: string },
): Promise<string> {
  const api = await context.api()
  let sent: SuppliedFile | undefined
  let withText = 0
  let unknown = 0
  const named: string[] = []
  for await (const vectors of partsOf(path)) {
    const body = { model, vectors, ...(sent !== undefined && { file: sent.id }) }
    const request = { method: 'POST', path: `/tenants/${encodeURIComponent(tenantId)}/vector-files`, body } as const
    sent = await api.send<SuppliedFile>(request)
    withText += sent.withText
    unknown += sent.unknown.length
    named.push(...sent.unknown.slice(0, namedAtMost - named.length))
  }
  if (sent === undefined) throw new CliError('usage', `${path} has no vectors.`)
  context.remark(`Supplied ${sent.records} vector(s) of ${model}.`)
  if (withText > 0)
    context.remark(`Not needed: ${withText} record(s) have a text, of which the model makes the vector.`)
  const more = unknown > named.length ? `, and ${unknown - named.length} more` : ''
  if (unknown > 0) context.remark(`Unknown: the tenant has no record ${named.join(', ')}${more}.`)
  return sent.id
}

async function* partsOf(path: string): AsyncGenerator<readonly Vector[]> {
  let part: Vector[] = []
  let bytes = 0
  let at = 0
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      at += 1
      if (text.trim() === '') continue
      part.push(vectorIn(text, path, at))
      bytes += text.length
      if (part.length < vectorsAtOnce && bytes < bytesAtOnce) continue
      yield part
      part = []
      bytes = 0
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new CliError('usage', `${path} cannot be read (${code}).`, { cause: error })
  }
  if (part.length > 0) yield part
}

function vectorIn(text: string, path: string, at: number): Vector {
  if (text.length > lineBytesMax) throw new CliError('usage', `Line ${at} of ${path} is too long for a vector.`)
  const line = parse(text)
  const values: unknown = line?.values
  if (typeof line?.id !== 'string' || !Array.isArray(values) || !values.every((one) => typeof one === 'number'))
    throw new CliError('usage', `Line ${at} of ${path} is no vector: it needs {"id": "…", "values": [numbers]}.`)
  return { id: line.id, values }
}

function parse(text: string): { readonly id?: unknown; readonly values?: unknown } | undefined {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}
