import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { startDoor } from './door.ts'
import { type Exchange, recorder, withoutChance } from './recorder.ts'

/** The program of each scenario, and what it is given. */
const scenarios: readonly (readonly [name: string, file: string, ...args: string[]])[] = [
  ...[4, 5, 6, 7, 8, 9].map((major) => [`sdk-${major}`, 'sdk.js', `${major}`] as const),
  ['langchain', 'langchain.js'],
  ['llamaindex', 'llamaindex.js'],
  ['mastra', 'mastra.js'],
]

const home = fileURLToPath(new URL('.', import.meta.url))

/**
 * Runs the stores of the frameworks and the SDKs 4 to 9 unchanged against a `pinecone-local`. They need other versions
 * of the SDK than the service, so they have a package and a lock file of their own, installed here. With `--record`
 * what they send is written to `recordings/`, which `npm test` replays without them. With `--door` the stores of
 * frameworks go through the vendor's dialect of the service instead.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { record: { type: 'boolean' }, installed: { type: 'boolean' }, door: { type: 'boolean' } },
  })
  if (values.installed !== true && (await run('npm', ['ci', '--no-progress', '--loglevel=error'], home, {})) !== 0) {
    throw new Error('npm ci in test/frameworks failed.')
  }
  if (values.door === true) return throughTheDoor()
  let failed = 0
  for (const [name, file, ...args] of scenarios) {
    const { code, exchanges } = await runScenario(file, args)
    const state = code !== 0 ? 'FAILED' : await compare(name, exchanges, values.record === true)
    if (state !== 'ok') failed++
    console.log(`${state.padEnd(8)} ${name} (${exchanges.length} requests)`)
  }
  console.log(`${scenarios.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

/** Each as an app of a tenant that was adopted with the namespace that the scenario names. */
async function throughTheDoor(): Promise<void> {
  const stores = [
    ['langchain', 'cosine'],
    ['mastra', 'dotproduct'],
    ['llamaindex', 'cosine'],
  ] as const
  let failed = 0
  for (const [name, metric] of stores) {
    await using door = await startDoor({ tenantId: name, namespace: 'tenant', dimension: 3, metric })
    const env = { PINECONE_CONTROLLER_HOST: door.url, PINECONE_API_KEY: door.key, DOOR: '1' }
    const code = await run(process.execPath, [join('scenarios', `${name}.js`)], home, env)
    if (code !== 0) failed++
    console.log(`${code === 0 ? 'ok      ' : 'FAILED  '} ${name} through the door`)
  }
  console.log(`${stores.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

async function runScenario(file: string, args: readonly string[]): Promise<{ code: number; exchanges: Exchange[] }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pinecone-local-frameworks-'))
  await using local = await startPineconeLocal({ dataDir })
  await using proxy = await recorder(local.url)
  // LlamaIndex and LangChain's own clients read the vendor's variables.
  const env = { PINECONE_CONTROLLER_HOST: proxy.url, PINECONE_API_KEY: 'any', MASTRA_TELEMETRY_DISABLED: '1' }
  try {
    const code = await run(process.execPath, [join('scenarios', file), ...args], home, env)
    return { code, exchanges: withoutChance(proxy.exchanges) }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** A recording that is old would let `npm test` replay what nobody sends any more. */
async function compare(name: string, exchanges: readonly Exchange[], record: boolean): Promise<'ok' | 'OUTDATED'> {
  const file = join(home, 'recordings', `${name}.json`)
  if (record) {
    await writeFile(file, `[\n${exchanges.map((exchange) => JSON.stringify(exchange)).join(',\n')}\n]\n`)
    return 'ok'
  }
  const recorded: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (isDeepStrictEqual(recorded, exchanges)) return 'ok'
  console.log(`${name} sends or gets other than what is recorded: npm run test:frameworks -- --record`)
  return 'OUTDATED'
}

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

await main()
