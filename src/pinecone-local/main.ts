import { parseArgs } from 'node:util'
import { optionsFrom, UsageError, usage } from './cli-options.ts'
import { BadFaultsError } from './faults/fault-settings.ts'
import { startPineconeLocal } from './server.ts'
import { StartError } from './store/open-database.ts'

const signals = ['SIGINT', 'SIGTERM'] as const

async function main(): Promise<void> {
  const options = optionsFrom(process.argv.slice(2), parseArgs)
  if (options === 'help') {
    console.log(usage)
    return
  }
  const server = await startPineconeLocal(options)
  const stop = () => {
    for (const signal of signals) process.off(signal, stop)
    void server.close()
  }
  for (const signal of signals) process.on(signal, stop)
  console.log(`pinecone-local ready on ${server.url}, data in ${options.dataDir}`)
}

main().catch((cause: unknown) => {
  const expected = cause instanceof StartError || cause instanceof UsageError || cause instanceof BadFaultsError
  console.error(expected ? cause.message : cause)
  process.exitCode = cause instanceof UsageError ? 2 : 1
})
