import type { ServerResponse } from 'node:http'
import { ApiError, errorBody, type Plane } from '../../pinecone-wire/api-error.ts'
import type { LocalAnswer } from '../shapes/answer.ts'

let lastRequest = Date.now() * 1_000

export function send(response: ServerResponse, answer: LocalAnswer, lsnHeaders: boolean, startedAt: number): void {
  const headers = commonHeaders(startedAt)
  if (lsnHeaders) {
    if (answer.requestLsn !== undefined) headers['x-pinecone-request-lsn'] = answer.requestLsn
    if (answer.maxIndexedLsn !== undefined) headers['x-pinecone-max-indexed-lsn'] = answer.maxIndexedLsn
  }
  if (answer.body !== '') headers['content-type'] = 'application/json'
  write(response, answer.status, headers, answer.body)
}

/** Renders a refusal; anything else is a bug of this server, whose details stay hidden. */
export function sendError(response: ServerResponse, cause: unknown, plane: Plane, startedAt: number): void {
  // A caller that disconnected, perhaps within its request, is no fault of ours.
  if (response.destroyed) return
  const known = cause instanceof ApiError
  const isFull = isDiskFull(cause)
  if (isFull) console.error('pinecone-local: the disk of the data folder is full; make room there')
  else if (!known) console.error('pinecone-local: request failed', cause)
  const unknown = isFull ? new ApiError(507, 'The disk is full') : new ApiError(500, 'Internal server error')
  const error = known ? cause : unknown
  const { contentType, body } = errorBody(error, plane)
  write(response, error.status, { ...commonHeaders(startedAt), ...error.headers, 'content-type': contentType }, body)
}

/** Tells a full disk, by SQLite's codes or the file system's. The transaction was undone. */
function isDiskFull(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  const { errcode, code } = cause as { readonly errcode?: number; readonly code?: string }
  return code === 'ENOSPC' || errcode === 13 || errcode === 778
}

function commonHeaders(startedAt: number): Record<string, string | number> {
  return {
    'x-pinecone-request-id': String(++lastRequest),
    'x-pinecone-request-latency-ms': Math.round(performance.now() - startedAt),
  }
}

function write(response: ServerResponse, status: number, headers: Record<string, string | number>, body: string): void {
  if (response.destroyed || response.headersSent) return
  headers['content-length'] = Buffer.byteLength(body)
  response.writeHead(status, headers)
  response.end(body)
}
