import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pinecone } from '@pinecone-database/pinecone'
import { onTestFinished } from 'vitest'
import { type Faults, type PineconeLocal, startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { expectStatus } from '../support/expect-status.ts'

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'pinecone-local-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A server of the test's own, closed at its end. */
export async function startServer(faults: Partial<Faults> = {}, dataDir = tempDir()): Promise<PineconeLocal> {
  const server = await startPineconeLocal({ dataDir, faults })
  onTestFinished(() => server.close())
  return server
}

export function sdk(server: { url: string }): Pinecone {
  // Without the SDK's own retries, so that each fault is seen.
  return new Pinecone({ apiKey: 'test', controllerHostUrl: server.url, maxRetries: 0 })
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared, not trusted
  readonly body: any
}

export interface CallOptions {
  readonly version?: string | null
  readonly apiKey?: string | null
}

/** Sends one plain HTTP request, as an SDK does. */
export async function call(url: string, method: string, body?: unknown, options: CallOptions = {}): Promise<Reply> {
  const headers = new Headers({ 'content-type': 'application/json' })
  const { version = '2025-10', apiKey = 'test' } = options
  if (version !== null) headers.set('X-Pinecone-Api-Version', version)
  if (apiKey !== null) headers.set('Api-Key', apiKey)
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json'
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

export interface IndexOptions {
  readonly name?: string
  readonly dimension?: number
  readonly metric?: string
  readonly vector_type?: string
}

/** @returns the new index's host. */
export async function makeIndex(server: { url: string }, options: IndexOptions = {}): Promise<string> {
  const { name = 'docs', ...rest } = options
  const sparse = rest.vector_type === 'sparse'
  const reply = await call(`${server.url}/indexes`, 'POST', {
    name,
    ...(sparse ? {} : { dimension: 2, metric: 'cosine' }),
    ...rest,
    spec: { serverless: { cloud: 'aws', region: 'us-east-1' } },
  })
  expectStatus(reply, 201)
  return reply.body.host
}

export function upsert(host: string, vectors: unknown[], namespace = 'a'): Promise<Reply> {
  return call(`${host}/vectors/upsert`, 'POST', { namespace, vectors })
}

export function query(host: string, body: object, namespace = 'a'): Promise<Reply> {
  return call(`${host}/query`, 'POST', { namespace, topK: 10, ...body })
}

export async function queryIds(host: string, body: object, namespace = 'a'): Promise<string[]> {
  const reply = expectStatus(await query(host, body, namespace), 200)
  return reply.body.matches.map((match: { id: string }) => match.id)
}
