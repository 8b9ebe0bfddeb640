import { createClient } from '../typescript/client.ts'
import { TenantRouterRetriever } from './retriever.ts'

// node clients/langchain/example.ts "$(npm run --silent cli -- token --tenant acme-bikes)" "How do I return a bike?"
const [token = '', question = 'How do I return a bike?'] = process.argv.slice(2)
const client = createClient({ baseUrl: 'http://127.0.0.1:8080', token })
const retriever = new TenantRouterRetriever({ client, topK: 3 })
for (const { pageContent, metadata } of await retriever.invoke(question)) {
  console.log(`${metadata.source} (${Number(metadata.score).toFixed(3)})\n${pageContent}\n`)
}
