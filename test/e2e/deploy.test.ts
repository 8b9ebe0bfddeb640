import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { startParts } from '../../src/embedded/parts.ts'
import { startOf } from '../../src/embedded/process-identity.ts'
import { runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { embeddingsEndpoint } from '../support/embeddings-endpoint.ts'
import { type Backend, PollingBalancer } from './polling-balancer.ts'
import { issuer, startEntry, startScript } from './run-entry.ts'

/** Vectors come with the requests: no replica has to load an encoder. */
const noModel = { EMBEDDING_PROVIDER: 'openai', OPENAI_BASE_URL: 'http://127.0.0.1:9', EMBEDDING_DIMENSION: '4' }

async function place(): Promise<Backend & { env: Record<string, string> }> {
  const [port, adminPort] = [await freePort(), await freePort()]
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    env: { HOST: '127.0.0.1', PORT: String(port), ADMIN_PORT: String(adminPort) },
  }
}

test('three replicas are replaced one after the other behind a balancer that polls each second, and no request fails', {
  timeout: 480_000,
}, async () => {
  await using folder = await temporaryFolder()
  await using parts = await startParts({ folder: folder.path, issuer })
  await using models = await embeddingsEndpoint({ dimension: 4 })
  const env = { ...parts.settings, ...noModel, OPENAI_BASE_URL: models.url, EMBEDDING_MODEL: 'words', DRAIN_S: '8' }
  expect(await runCli(['migrate', '--yes'], env)).toMatchObject({ code: 0 })
  const olds = [await place(), await place(), await place()]
  const news = [await place(), await place(), await place()]
  await using replicas = new AsyncDisposableStack()
  const start = (at: Awaited<ReturnType<typeof place>>) =>
    replicas.use(startEntry('main.ts', { ...env, EMBEDDING_ENCODING: 'float', ...at.env }))
  const running = olds.map(start)
  await Promise.all(running.map((replica) => replica.until('"msg":"ready"')))
  const admin = {
    TENANT_ROUTER_URL: olds[0]?.adminUrl ?? '',
    TENANT_ROUTER_TOKEN: await parts.issuer.mint({ role: 'platform' }),
  }
  expect(await runCli(['tenants', 'create', 'acme', '--name', 'Acme', '--yes'], admin)).toMatchObject({ code: 0 })

  const headers = {
    authorization: `Bearer ${await parts.issuer.mint({ tenant: 'acme' })}`,
    'content-type': 'application/json',
  }
  let made = 0
  const post = (path: string, body: object) => ({ method: 'POST', path, headers, body: JSON.stringify(body) })
  const calls = [
    () => post('/retrieve', { vector: [made, 1, 2, 3], topK: 3 }),
    () => post('/vectors/upsert', { vectors: [{ id: `r${made % 50}`, values: [made, 1, 2, 3] }] }),
    () => post('/vectors/fetch', { ids: [`r${made % 50}`] }),
    () => ({ method: 'GET', path: '/documents', headers }),
    () => ({
      method: 'PUT',
      path: `/documents/d${made}`,
      headers,
      body: JSON.stringify({ text: `The lamp ${made} is red.` }),
    }),
  ]
  await using balancer = new PollingBalancer([...olds, ...news])
  balancer.start(4, () => {
    made += 1
    return calls[made % calls.length]?.() ?? post('/retrieve', { vector: [1, 1, 2, 3] })
  })
  const failures = () => balancer.passed.flatMap(({ failure }) => failure ?? [])
  const answeredBy = (backend: Backend) => () => {
    if (failures().length > 0) throw new Error(failures()[0])
    return balancer.answeredBy(backend)
  }
  const patient = { timeout: 60_000 }
  for (const backend of olds) await expect.poll(answeredBy(backend), patient).toBeGreaterThan(50)

  for (const [at, replica] of running.entries()) {
    const [old, fresh] = [olds[at], news[at]] as [Backend, Awaited<ReturnType<typeof place>>]
    const before = balancer.passed.length
    replica.child.kill('SIGTERM')
    await replica.until('serve until balancers notice')
    const next = start(fresh)
    await next.until('"msg":"ready"')
    expect(await replica.ended).toBe(0)
    await expect.poll(answeredBy(fresh), patient).toBeGreaterThan(50)
    // It was still sent requests after it was told to stop, answered them, and ended their connections.
    const late = balancer.passed.slice(before).filter(({ backend }) => backend === old)
    expect(late.length).toBeGreaterThan(0)
    expect(late.some(({ closes }) => closes)).toBe(true)
    expect(balancer.isReady(old)).toBe(false)
  }
  expect(failures()).toEqual([])
})

test('SIGTERM to npm itself ends what it runs in order, whatever its shell', { timeout: 480_000 }, async () => {
  await using folder = await temporaryFolder()
  // A shell that stays beside what it starts, as many do: npm signals the shell alone.
  const shell = join(folder.path, 'shell')
  await writeFile(shell, '#!/bin/sh\neval "$2"\nexit $?\n')
  await chmod(shell, 0o755)
  const npm = { npm_config_script_shell: shell, HOME: folder.path }
  const store = startScript('pinecone-local', ['--port', '0', '--data', join(folder.path, 'store')], npm)
  await store.until('pinecone-local ready on ')
  const [url = ''] = /http:\S+(?=,)/.exec(store.printed()) ?? []
  expect((await fetch(url)).status).toBeGreaterThan(0)
  store.child.kill('SIGTERM')
  expect(await store.ended).toBe(0)
  await expect(fetch(url)).rejects.toThrow('fetch failed')

  await using parts = await startParts({ folder: join(folder.path, 'parts'), issuer })
  const env = { ...parts.settings, ...noModel }
  expect(await runCli(['migrate', '--yes'], env)).toMatchObject({ code: 0 })
  const at = await place()
  const service = startScript('serve', [], { ...env, ...at.env, ...npm })
  await service.until('"msg":"ready"')
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(0)
  expect(service.printed()).toContain('shutdown: release leases, pools and workers')
  await expect(fetch(at.url)).rejects.toThrow('fetch failed')

  const home = join(folder.path, 'start')
  const here = await place()
  const start = startScript('start', [], { ...here.env, DATA_DIR: home, ...npm })
  await start.until('Ctrl-C stops everything.')
  const run = JSON.parse(await readFile(join(home, 'run.json'), 'utf8'))
  const children: readonly number[] = run.children.map(({ pid }: { pid: number }) => pid)
  expect(children.map(startOf)).not.toContain(undefined)
  start.child.kill('SIGTERM')
  expect(await start.ended).toBe(0)
  expect(start.printed()).toMatch(
    /finish requests under way\n[\s\S]*release leases[\s\S]*stop Postgres and pinecone-local/,
  )
  expect(children.map(startOf)).toEqual(children.map(() => undefined))
})
