import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, invalid } from '../../pinecone-wire/api-error.ts'
import type { FaultDesk } from '../faults/fault-desk.ts'
import { BadFaultsError } from '../faults/fault-settings.ts'
import { json } from '../shapes/answer.ts'
import { parseBody, readLocalBody } from './read-body.ts'
import { send } from './respond.ts'

/** `/_local/faults`: GET shows the faults, PUT sets the given fields, DELETE restores those of the start. */
export async function localRequest(
  faults: FaultDesk,
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
): Promise<void> {
  const startedAt = performance.now()
  const body = await readLocalBody(request)
  if (url !== '/_local/faults') throw new ApiError(404, `No such endpoint: ${url}`)
  switch (request.method) {
    case 'GET':
      break
    case 'PUT':
      try {
        faults.set(parseBody(body))
      } catch (cause) {
        throw cause instanceof BadFaultsError ? invalid(cause.message) : cause
      }
      break
    case 'DELETE':
      faults.clear()
      break
    default:
      throw new ApiError(405, `Method ${request.method} is not allowed for ${url}`)
  }
  send(response, json(faults.current()), false, startedAt)
}
