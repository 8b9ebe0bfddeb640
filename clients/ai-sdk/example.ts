import { generateText, isStepCount } from 'ai'
import { createClient } from 'tenant-router-client'
import { searchTool } from 'tenant-router-client/ai-sdk'

// AI_GATEWAY_API_KEY=… node clients/ai-sdk/example.ts "$(npm run --silent cli -- token --tenant acme-bikes)" "How do I return a bike?"
const [token = '', question = 'How do I return a bike?'] = process.argv.slice(2)
const client = createClient({ baseUrl: 'http://127.0.0.1:8080', token })
const { text } = await generateText({
  model: 'openai/gpt-5-mini', // any model of the AI SDK that calls tools
  tools: { search: searchTool(client, { topK: 5 }) },
  stopWhen: isStepCount(4),
  instructions: 'Answer from the passages that the tool search finds, and name their sources.',
  prompt: question,
})
console.log(text)
