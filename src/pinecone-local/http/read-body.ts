import type { IncomingMessage } from 'node:http'
import { ApiError, invalid } from '../../pinecone-wire/api-error.ts'
import { isObject, type JsonObject } from '../../pinecone-wire/body-fields.ts'

/** Memory that one request may occupy; a limit of this server, not the vendor's. */
const bodyBytesMax = 64 * 1024 * 1024

/** @throws ApiError 413 for a body above the memory limit of one request. */
export function readLocalBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > bodyBytesMax) {
        // The rest is read and dropped, so that the refusal can be sent.
        chunks.length = 0
        reject(new ApiError(413, `The request is larger than ${bodyBytesMax} bytes`))
      } else {
        chunks.push(chunk)
      }
    })
    request.on('end', () => {
      const [only] = chunks
      resolve(chunks.length === 1 && only !== undefined ? only.toString() : Buffer.concat(chunks).toString())
    })
    request.on('error', reject)
  })
}

/** @throws ApiError 400 unless the text is a JSON object; an empty text is an empty object. */
export function parseBody(text: string): JsonObject {
  if (text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(`Invalid JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (!isObject(value)) throw invalid('The request body must be a JSON object')
  return value
}
