import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { pineconeStore } from '../../src/stores/pinecone.ts'
import { vectorStoreContract } from '../contracts/vector-store.ts'

vectorStoreContract('the Pinecone adapter', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenant-router-contract-'))
  const local = await startPineconeLocal({ dataDir })
  const store = pineconeStore({ projects: [{ name: 'default', apiKey: 'local', controllerHost: local.url }] })
  return {
    store,
    project: 'default',
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await local.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
})
