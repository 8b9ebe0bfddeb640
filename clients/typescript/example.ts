import { answerOf, createClient } from 'tenant-router-client'

// node clients/typescript/example.ts "$(npm run --silent cli -- token --tenant acme-bikes)"
const [token = ''] = process.argv.slice(2)
const client = createClient({ baseUrl: 'http://127.0.0.1:8080', token })
const { items } = await answerOf(client.GET('/documents', { params: { query: { limit: 3 } } }))
console.log(items.map(({ documentId, chunks }) => `${documentId}: ${chunks} chunks`).join('\n'))
const { matches } = await answerOf(client.POST('/retrieve', { body: { query: 'How do I return a bike?', topK: 3 } }))
for (const { id, score, text } of matches) console.log(`\n${id} (${score.toFixed(3)})\n${text}`)
