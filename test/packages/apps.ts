/** Apps of the packages' users, as they would write them: checked by the strict compiler, and run. */

/** An app of the client alone. It needs no types but those of the web platform. */
export const plainApp = `
import { answerOf, type Passage, type Problem, createClient, search, TenantRouterError } from 'tenant-router-client'

const [baseUrl = '', token = '', question = ''] = process.argv.slice(2)
const client = createClient({ baseUrl, token: async () => token })
const { matches } = await answerOf(client.POST('/retrieve', { body: { query: question, topK: 1 } }))
const score: number = matches[0]!.score
// @ts-expect-error a number of matches is a number
const wrong = () => client.POST('/retrieve', { body: { query: question, topK: 'all' } })
const passages: readonly Passage[] = await search(client, question, { topK: 1 })
const refused = await answerOf(createClient({ baseUrl, token: 'nothing' }).GET('/documents')).catch((error: unknown) => error)
const problem: Problem | undefined = refused instanceof TenantRouterError ? refused.problem : undefined
console.log(JSON.stringify({ score, passages, code: problem?.code, wrong: typeof wrong }))
`

/** An app of every adapter. */
export const frameworkApp = `
import { createClient } from 'tenant-router-client'
import { searchTool } from 'tenant-router-client/ai-sdk'
import { TenantRouterRetriever } from 'tenant-router-client/langchain'
import { searchTool as mastraTool } from 'tenant-router-client/mastra'
import type { Document } from '@langchain/core/documents'
import { generateText, isStepCount, type ToolSet } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'

const [baseUrl = '', token = '', question = ''] = process.argv.slice(2)
const client = createClient({ baseUrl, token })
const retriever = new TenantRouterRetriever({ client, topK: 1, mode: 'hybrid' })
const [document]: Document[] = await retriever.invoke(question)
// @ts-expect-error nothing names a tenant
const wrong = () => new TenantRouterRetriever({ client, tenant: 'globex' })

const total = { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined }
const usage = { inputTokens: total, outputTokens: { total: 1, text: 1, reasoning: undefined } }
const input = JSON.stringify({ query: question })
const model = new MockLanguageModelV4({
  doGenerate: [
    {
      content: [{ type: 'tool-call', toolCallId: 'call-1', toolName: 'search', input }],
      finishReason: { unified: 'tool-calls', raw: undefined },
      usage,
      warnings: [],
    },
    { content: [{ type: 'text', text: 'Done.' }], finishReason: { unified: 'stop', raw: undefined }, usage, warnings: [] },
  ],
})
const tools: ToolSet = { search: searchTool(client, { topK: 1 }) }
const { steps } = await generateText({ model, tools, stopWhen: isStepCount(3), prompt: question })
const shown = steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => output as unknown))
const { passages } = await mastraTool(client, { topK: 1 }).execute({ query: question })
console.log(JSON.stringify({ document, shown, passages, wrong: typeof wrong }))
`

const strict = {
  target: 'es2022',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  noEmitOnError: true,
}

/** The two ways in which the compiler of users resolves packages. */
export const compilers = {
  NodeNext: { ...strict, module: 'nodenext' },
  Bundler: { ...strict, module: 'esnext', moduleResolution: 'bundler' },
} as const
