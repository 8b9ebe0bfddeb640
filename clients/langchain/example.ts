import { createClient } from 'tenant-router-client'
import { TenantRouterRetriever } from 'tenant-router-client/langchain'

// node clients/langchain/example.ts "$(npm run --silent cli -- token --tenant acme-bikes)" "How do I return a bike?"
const [token = '', question = 'How do I return a bike?'] = process.argv.slice(2)
const client = createClient({ baseUrl: 'http://127.0.0.1:8080', token })
const retriever = new TenantRouterRetriever({ client, topK: 3 })
for (const { pageContent, metadata } of await retriever.invoke(question)) {
  const { source, page, heading, score } = metadata
  const place = [source, page && `page ${page}`, heading].filter(Boolean).join(', ')
  console.log(`${place} (${score.toFixed(3)})\n${pageContent}\n`)
}
