import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { buildCli } from '../../scripts/packages/cli.ts'
import { buildClient } from '../../scripts/packages/client.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { startProgram } from '../e2e/run-entry.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { pdf } from '../ingest/make-files.ts'
import { embeddingsEndpoint } from '../support/embeddings-endpoint.ts'
import { expectStatus } from '../support/expect-status.ts'
import { ServiceWorld } from '../support/service-world.ts'
import { compilers, frameworkApp, plainApp } from './apps.ts'
import { installedRegistry } from './installed-registry.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const question = 'How long may a bike come back?'

/** Every Node at hand that the client promises to run on: the tests' own, and the one that started npm. */
const nodes = [...new Set([process.execPath, process.env.npm_node_execpath ?? process.execPath])]

const stack = new AsyncDisposableStack()
let folder: string
let program: string
let publicUrls: readonly string[]
let token: string
let asStaff: Readonly<Record<string, string>>
let npm: (cwd: string, ...args: readonly string[]) => Promise<unknown>

/** Packs and installs the command line as a user would, then runs two replicas of its service on a store that lags. */
beforeAll(async () => {
  folder = stack.use(await temporaryFolder()).path
  const registry = stack.use(await installedRegistry())
  npm = (cwd, ...args) =>
    run('npm', [...args, `--registry=${registry.url}`, `--cache=${join(folder, 'cache')}`], {
      cwd,
      env: { PATH: process.env.PATH, HOME: folder },
    })
  const prefix = join(folder, 'prefix')
  await npm(folder, 'install', '--global', `--prefix=${prefix}`, await buildCli(join(folder, 'packed')))
  program = join(prefix, 'bin/tenant-router')

  const world = stack.use(await ServiceWorld.open())
  const embeddings = stack.use(await embeddingsEndpoint())
  const { issuer, audience, jwksUrl } = world.issuer.settings
  const env = {
    HOST: '127.0.0.1',
    DATABASE_URL: world.home.url,
    PINECONE_API_KEY: 'local',
    PINECONE_CONTROLLER_HOST: world.local.local.url,
    OPENAI_BASE_URL: embeddings.url,
    EMBEDDING_DIMENSION: '64',
    EMBEDDING_ENCODING: 'float',
    ANSWER_PROVIDER: 'extractive',
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
    JWT_JWKS_URL: jwksUrl,
    STORE_VISIBLE_S: '8',
    DRAIN_S: '0',
  }
  expect(await cli(['migrate', '--yes'], env)).toMatchObject({ out: 'The schema is up to date.\n' })
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const
  for (const [PORT, ADMIN_PORT] of [ports.slice(0, 2), ports.slice(2)].map((pair) => pair.map(String))) {
    const replica = stack.use(
      startProgram(program, ['serve'], { ...env, PORT: `${PORT}`, ADMIN_PORT: `${ADMIN_PORT}` }),
    )
    await replica.until('"msg":"ready"')
  }
  publicUrls = [`http://127.0.0.1:${ports[0]}`, `http://127.0.0.1:${ports[2]}`]
  world.local.local.setFaults({ lagMs: 500, rules: [] })
  token = (await world.issuer.tenant('acme')).slice('Bearer '.length)
  asStaff = {
    TENANT_ROUTER_URL: `http://127.0.0.1:${ports[1]}`,
    TENANT_ROUTER_TOKEN: (await world.issuer.staff('platform')).slice('Bearer '.length),
  }
  await cli(['tenants', 'create', 'acme', '--name', 'Acme', '--yes'], asStaff)
  await upload()
}, 600_000)
afterAll(() => stack.disposeAsync())

async function cli(args: readonly string[], env: Readonly<Record<string, string>>, command = [program]) {
  const [first = '', ...rest] = command
  const { stdout, stderr } = await run(first, [...rest, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
  })
  return { out: stdout, err: stderr }
}

/** A PDF whose second page answers the question. */
async function upload(): Promise<void> {
  const file = await pdf((doc) => {
    doc
      .fontSize(24)
      .text('Opening hours')
      .fontSize(11)
      .text('We are open from nine to five, except on Sundays and holidays.')
    doc
      .addPage()
      .fontSize(24)
      .text('Refunds')
      .fontSize(11)
      .text('A complete bike may come back for how long? For thirty days.')
  })
  const form = new FormData()
  form.set('file', new File([file], 'terms.pdf'))
  form.set('documentId', 'terms')
  const headers = { authorization: `Bearer ${token}` }
  expectStatus(await fetch(`${publicUrls[0]}/documents`, { method: 'POST', headers, body: form }), 202)
  const document = async () => (await fetch(`${publicUrls[1]}/documents/terms`, { headers })).json()
  const isReady = async () => expect(await document()).toMatchObject({ status: 'ready', chunks: 2 })
  await vi.waitFor(isReady, { timeout: 60_000, interval: 200 })
}

/** A project with nothing but what is named, and its app in `app.ts`. */
async function project(name: string, app: string, ...packages: readonly string[]): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  await writeFile(join(path, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))
  await writeFile(join(path, 'app.ts'), app)
  await npm(path, 'install', await buildClient(join(folder, 'packed')), ...packages)
  return path
}

/** Compiles the app. @throws Error with what the compiler says. */
async function compile(path: string, options: object): Promise<void> {
  const config = { compilerOptions: options, files: ['app.ts'] }
  await writeFile(join(path, 'tsconfig.json'), JSON.stringify(config))
  await run(join(root, 'node_modules/.bin/tsc'), ['--project', path]).catch(({ stdout }) => {
    throw new Error(stdout)
  })
}

async function runApp(node: string, path: string, url: string) {
  const { stdout } = await run(node, ['app.js', url, token, question], { cwd: path })
  return JSON.parse(stdout)
}

const passage = {
  id: 'terms#1',
  text: expect.stringContaining('For thirty days.'),
  source: 'terms.pdf',
  documentId: 'terms',
  page: 2,
  heading: 'Refunds',
}

test('the client alone compiles in a strict project and finds what its token may see', async () => {
  const path = await project('plain', plainApp, '@types/node')
  expect(await readdir(join(path, 'node_modules/tenant-router-client'))).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'package.json']),
  )
  for (const options of Object.values(compilers)) {
    await compile(path, { ...options, types: ['node'], lib: ['es2022', 'dom'] })
    for (const node of nodes)
      expect(await runApp(node, path, publicUrls[0] ?? '')).toMatchObject({
        code: 'unauthenticated',
        passages: [passage],
      })
  }
})

test('its adapters give LangChain, the AI SDK and Mastra the passage with its page and heading', async () => {
  const path = await project('frameworks', frameworkApp, '@langchain/core', 'ai', 'zod', '@types/node')
  for (const options of Object.values(compilers)) {
    await compile(path, { ...options, types: ['node'], lib: ['es2022', 'dom'], skipLibCheck: true })
    const { id, text, ...metadata } = passage
    for (const node of nodes)
      expect(await runApp(node, path, publicUrls[1] ?? '')).toMatchObject({
        document: { id, pageContent: text, metadata },
        shown: [[passage]],
        passages: [passage],
      })
  }
})

test('the installed command line promotes a tenant on a store that lags, and names itself as called', async () => {
  const { err } = await cli(['promote', 'acme', '--yes'], asStaff)
  expect(err).toContain('Tenant acme is served from its new place.')
  expect(err).toMatch(/kept: tenant-router moves rollback [0-9a-f-]{36}/)
  const { items } = JSON.parse((await cli(['moves', 'list', '--json'], asStaff)).out)
  expect(items).toMatchObject([{ tenantId: 'acme', kind: 'promote', state: 'soaking' }])
  // npx finds what is installed globally below the prefix.
  const npx = ['npm', 'exec', '--no', '--', 'tenant-router']
  const shown = await cli(
    ['moves', 'show', items[0].id],
    { ...asStaff, npm_config_prefix: join(folder, 'prefix') },
    npx,
  )
  expect(shown.out).toContain(`  npx tenant-router moves rollback ${items[0].id}\n`)
  for (const url of publicUrls) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/retrieve`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: question, topK: 1 }),
    })
    expect(await answer.json()).toMatchObject({ matches: [{ id: 'terms#1' }], route: { generation: 2 } })
  }
})

test('nothing in a package names this machine, and no built file asks for TypeScript', async () => {
  for (const name of ['tenant-router', 'tenant-router-client']) {
    const files = await readdir(join(folder, 'packed', name), { recursive: true, withFileTypes: true })
    expect(files.length).toBeGreaterThan(20)
    for (const file of files.filter((one) => one.isFile())) {
      const text = await readFile(join(file.parentPath, file.name), 'latin1')
      for (const place of [dirname(root), homedir(), tmpdir(), 'file://'].filter((one) => one.length > 1))
        expect(text.includes(place), `${file.name} names ${place}`).toBe(false)
      if (/\.(js|d\.ts)$/.test(file.name)) expect(text).not.toMatch(/['"]\.{1,2}\/[^'"\n]*\.ts['"]/)
    }
  }
})
