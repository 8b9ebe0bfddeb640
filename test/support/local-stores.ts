import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PineconeLocal, startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { pineconeStore } from '../../src/stores/pinecone.ts'
import type { VectorStore } from '../../src/stores/store.ts'

export interface LocalStores extends AsyncDisposable {
  readonly local: PineconeLocal
  /** The real adapter, its project named `default`; each call is a replica's own. */
  connect(): VectorStore & AsyncDisposable
  /** Closes the server, lets `work` at its data folder, and starts it again at the same address. */
  whileClosed(work: (dataDir: string) => Promise<void>): Promise<void>
}

/** A `pinecone-local` of one's own, as empty as a new project. */
export async function localStores(): Promise<LocalStores> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenant-router-store-'))
  let local = await startPineconeLocal({ dataDir })
  const stores: AsyncDisposable[] = []
  return {
    get local() {
      return local
    },
    connect() {
      const store = pineconeStore({
        projects: [{ name: 'default', apiKey: 'local', controllerHost: local.url }],
        retry: { attempts: 2, baseMs: 5, maxMs: 20 },
      })
      stores.push(store)
      return store
    },
    async whileClosed(work) {
      const { port } = local
      await local.close()
      await work(dataDir)
      local = await startPineconeLocal({ dataDir, port })
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store[Symbol.asyncDispose]()
      await local.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
