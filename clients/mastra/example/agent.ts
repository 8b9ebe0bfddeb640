import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import { createClient } from 'tenant-router-client'
import { searchTool } from 'tenant-router-client/mastra'

// In the project: npm run build:client. Here: npm install --no-save ../../../dist/tenant-router-client-*.tgz
// Then, beside a running `npm start`:
// OPENAI_API_KEY=… npm start -- "$(npm run --silent --prefix ../../.. cli -- token --tenant acme-bikes)" "How do I return a bike?"
const [token = '', question = 'How do I return a bike?'] = process.argv.slice(2)
const client = createClient({ baseUrl: 'http://127.0.0.1:8080', token })
const agent = new Agent({
  id: 'support',
  name: 'Support',
  instructions: 'Answer from the passages that search finds, and name their sources.',
  model: 'openai/gpt-5-mini',
  tools: { search: createTool(searchTool(client, { topK: 5 })) },
})
const { text } = await agent.generate(question)
console.log(text)
