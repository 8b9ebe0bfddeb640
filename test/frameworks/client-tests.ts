import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startPineconeLocal } from '../../src/pinecone-local/server.ts'
import { startDoor } from './door.ts'

const usage = `Runs the official client's own integration tests against a pinecone-local, or with --door through the service's
own Pinecone-compatible door.

  npm run test:client -- FOLDER [--door] [--report FILE]

FOLDER is the source of pinecone-io/pinecone-ts-client, put beside the project. Its packages are installed there.`

/** Parts of the suite, by folder or file: what each needs that pinecone-local does not offer. */
const leftOut: readonly (readonly [part: string, why: string])[] = [
  ['assistant-control/', 'assistants'],
  ['assistant-data/', 'assistants'],
  ['inference/', 'inference and integrated embedding'],
  ['data/bulk/', 'imports from object storage'],
  ['preview-control/', 'document indexes and backups'],
  ['preview-data/', 'document indexes'],
]

/** The same of what the door leaves to the router. */
const leftOutOfDoor: readonly (readonly [part: string, why: string])[] = [
  ...leftOut,
  ['control/', 'indexes of its own making'],
  ['data/namespaces/', 'namespaces of its own making'],
  ['data/vectors/delete', 'an index of its own with five dimensions'],
  ['data/vectors/upsertAndUpdate', 'a sparse index of its own'],
]

/** Single tests, by the end of their full name. */
const leftOutTests: readonly (readonly [name: string, why: string])[] = [
  ['create serverless index with Dedicated read capacity', 'Dedicated read capacity'],
  ['happy path create pod index', 'pod indexes'],
  ['create from non-existent collection', 'pod indexes and collections'],
]

const apiKey = 'the-one-key'

interface JestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

interface Line {
  readonly file: string
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'left out'
  readonly why: string
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { report: { type: 'string' }, door: { type: 'boolean' } },
  })
  const [folder] = positionals
  if (folder === undefined) {
    console.error(usage)
    process.exitCode = 2
    return
  }
  const client = resolve(folder)
  const { name, version } = JSON.parse(await readFile(join(client, 'package.json'), 'utf8'))
  if (!existsSync(join(client, 'node_modules', 'jest'))) {
    const code = await run('npm', ['ci', '--ignore-scripts', '--no-progress', '--loglevel=error'], client, {})
    if (code !== 0) throw new Error(`npm ci in ${client} failed.`)
  }
  const isDoor = values.door === true
  const parts = isDoor ? leftOutOfDoor : leftOut
  const lines = await (isDoor ? runThroughDoor(client) : runAgainstLocal(client))
  const text = report(`${name} ${version}${isDoor ? ', through the door' : ''}`, lines, parts)
  console.log(`\n${text}`)
  if (values.report !== undefined) await writeFile(values.report, text)
  if (lines.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1
}

async function runAgainstLocal(client: string): Promise<Line[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pinecone-client-tests-'))
  try {
    await using local = await startPineconeLocal({ dataDir, apiKey })
    return await runSuite(client, { url: local.url, key: apiKey }, leftOut)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** As an app of a tenant that was adopted with the suite's namespace. */
async function runThroughDoor(client: string): Promise<Line[]> {
  const tenant = { tenantId: 'suite', namespace: 'global-ns-one' }
  await using door = await startDoor({ ...tenant, dimension: 2, metric: 'dotproduct' })
  return await runSuite(client, door, leftOutOfDoor)
}

interface Server {
  readonly url: string
  readonly key: string
}

async function runSuite(client: string, server: Server, parts: typeof leftOut): Promise<Line[]> {
  const dir = await mkdtemp(join(tmpdir(), 'pinecone-client-report-'))
  const output = join(dir, 'report.json')
  try {
    const env = {
      PINECONE_API_KEY: server.key,
      PINECONE_LOCAL_URL: server.url,
      FIXTURES_JSON: JSON.stringify(await fixtures(server)),
      TEST_ENV: 'node',
    }
    const config = {
      rootDir: client,
      roots: ['<rootDir>/src/integration'],
      testEnvironment: 'node',
      transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: './tsconfig.json', isolatedModules: true }] },
      setupFiles: [fileURLToPath(new URL('client-fetch.cjs', import.meta.url))],
      testPathIgnorePatterns: parts.map(([part]) => `/integration/${part}`),
      testTimeout: 120_000,
    }
    const jest = join(client, 'node_modules', 'jest', 'bin', 'jest.js')
    const flags = ['--runInBand', '--forceExit', '--config', JSON.stringify(config), '--json', '--outputFile', output]
    await run(process.execPath, [jest, ...flags], client, env)
    return linesOf(JSON.parse(await readFile(output, 'utf8')), client)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Makes what the suite's own setup makes, except the assistant, which is not supported. */
async function fixtures(server: Server): Promise<object> {
  const records = ['diff-prefix-0', ...Array.from({ length: 10 }, (_, at) => `preTest-${at}`)].map((id, at) => ({
    id,
    values: [(at + 1) / 20, (11 - at) / 20],
    metadata: { genre: at % 2 === 0 ? 'drama' : 'comedy' },
  }))
  const serverless = {
    cloud: 'aws',
    region: 'us-west-2',
    schema: { fields: { genre: { filterable: true } } },
  }
  const tags = { project: 'pinecone-integration-tests' }
  const index = { name: 'pretest-shared', dimension: 2, metric: 'dotproduct', spec: { serverless }, tags }
  await post(server, `${server.url}/indexes`, index, 409)
  const { host } = (await ask(server, `${server.url}/indexes/${index.name}`)) as { host: string }
  await post(server, `${host}/vectors/upsert`, { namespace: 'global-ns-one', vectors: records })
  return {
    serverlessIndex: {
      name: index.name,
      dimension: 2,
      metric: 'dotproduct',
      recordIds: records.map(({ id }) => id),
      metadataFilter: { key: 'genre', value: 'drama' },
    },
    assistant: { name: 'not-offered', testFilePath: '' },
  }
}

/** @param also a status that is good too. */
async function post(server: Server, url: string, body: object, also?: number): Promise<unknown> {
  return ask(server, url, { method: 'POST', body: JSON.stringify(body) }, also)
}

async function ask({ key }: Server, url: string, init: RequestInit = {}, also?: number): Promise<unknown> {
  const headers = { 'api-key': key, 'content-type': 'application/json', 'x-pinecone-api-version': '2026-04' }
  const response = await fetch(url, { ...init, headers })
  if (!response.ok && response.status !== also) {
    throw new Error(`${url}: ${response.status} ${await response.text()}`)
  }
  return response.json()
}

function linesOf({ testResults }: JestReport, client: string): Line[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = name.slice(join(client, 'src/integration/').length)
    if (assertionResults.length === 0) return [{ file, name: message, outcome: 'failed' as const, why: '' }]
    return assertionResults.map(({ fullName, status }): Line => {
      const why = leftOutTests.find(([end]) => fullName.endsWith(end))?.[1]
      if (status === 'passed') return { file, name: fullName, outcome: 'passed', why: '' }
      return { file, name: fullName, outcome: why === undefined ? 'failed' : 'left out', why: why ?? '' }
    })
  })
}

function report(client: string, lines: readonly Line[], parts: typeof leftOut): string {
  const count = (outcome: Line['outcome']) => lines.filter((line) => line.outcome === outcome).length
  const files = [...new Set(lines.map(({ file }) => file))].toSorted()
  const rows = files.map((file) => {
    const own = lines.filter((line) => line.file === file)
    const [passed, failed, left] = (['passed', 'failed', 'left out'] as const).map(
      (outcome) => own.filter((line) => line.outcome === outcome).length,
    )
    return `| ${file} | ${passed} | ${failed} | ${left} |`
  })
  const others = lines.filter(({ outcome }) => outcome !== 'passed')
  return [
    `${client}: ${count('passed')} passed, ${count('failed')} failed, ${count('left out')} left out`,
    '',
    '| file | passed | failed | left out |',
    '|---|---|---|---|',
    ...rows,
    '',
    ...others.map(({ name, outcome, why }) => `- ${outcome}: ${name}${why === '' ? '' : ` (needs ${why})`}`),
    ...parts.map(([part, why]) => `- left out as a whole: ${part} (needs ${why})`),
    '',
  ].join('\n')
}

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string>): Promise<number> {
  return new Promise((settle, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', reject)
    child.once('exit', (code) => settle(code ?? 1))
  })
}

await main()
