import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/embedded/free-port.ts'
import { startProcess } from './process.ts'
import { seededRandom, unitVector } from './sample-tenant.ts'

export interface LocalStore extends AsyncDisposable {
  readonly pid: number
  readonly indexHost: string
  /** Puts so many records into a namespace, over HTTP as any app does. */
  fill(namespace: string, records: number): Promise<void>
}

const batch = 200
const atOnce = 4

/** A `pinecone-local` of its own with one index. */
export async function startLocal(dimension: number): Promise<LocalStore> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'tenant-router-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const args = ['--port', String(port), '--data', folder]
  const store = stack.use(startProcess({ file: '../src/pinecone-local/main.ts', args }))
  const url = `http://127.0.0.1:${port}`
  await store.ready(`${url}/_local/faults`, 10_000)
  const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } }
  const made = (await post(`${url}/indexes`, JSON.stringify({ name: 'local', dimension, metric: 'cosine', spec }))) as {
    readonly host: string
  }
  const indexHost = made.host.startsWith('http') ? made.host : `http://${made.host}`
  const owned = stack.move()
  return {
    pid: store.pid,
    indexHost,
    async fill(namespace, records) {
      const random = seededRandom(13)
      // Numbers are made text once: each record has them from another one on.
      const texts = Array.from({ length: 64 }, () => unitVector(random).map((value) => value.toFixed(3)))
      const vector = (n: number) => {
        const text = texts[n % texts.length] as string[]
        const from = n % dimension
        return `{"id":"r-${n}","values":[${text.slice(from).concat(text.slice(0, from)).join(',')}]}`
      }
      const starts = Array.from({ length: Math.ceil(records / batch) }, (_, n) => n * batch).values()
      const fillSome = async () => {
        for (const start of starts) {
          const size = Math.min(batch, records - start)
          const vectors = Array.from({ length: size }, (_, n) => vector(start + n)).join(',')
          await post(`${indexHost}/vectors/upsert`, `{"namespace":"${namespace}","vectors":[${vectors}]}`)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, fillSome))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function post(url: string, body: string): Promise<unknown> {
  const headers = { 'api-key': 'bench', 'content-type': 'application/json', 'x-pinecone-api-version': '2025-10' }
  const answer = await fetch(url, { method: 'POST', headers, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`)
  return JSON.parse(text)
}
