import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { expectStatus } from '../support/expect-status.ts'
import { call, makeIndex, query, startServer, tempDir, upsert } from './harness.ts'

const program = fileURLToPath(new URL('../../src/pinecone-local/main.ts', import.meta.url))

interface Running {
  readonly process: ChildProcess
  readonly url: string
  readonly line: string
}

async function run(args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [program, ...args])
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  const [code] = await once(child, 'close')
  return { code, out, err }
}

async function start(dataDir: string, ...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [program, '--port', '0', '--data', dataDir, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const [chunk] = await once(child.stdout, 'data')
  const line = String(chunk).trim()
  return { process: child, line, url: /http:\/\/[^,]+/.exec(line)?.[0] ?? '' }
}

async function stop(running: Running, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(running.process, 'close')
  running.process.kill(signal)
  const [code] = await ended
  return code
}

describe('the program', () => {
  test('has every answered write after kill -9, whatever was under way', async () => {
    const dataDir = tempDir()
    const answered = new Map<string, number>()
    let path = ''
    for (let round = 0; round < 3; round++) {
      const running = await start(dataDir)
      if (round === 0) path = new URL(await makeIndex(running)).pathname
      const host = running.url + path
      let alive = true
      let answers = 0
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; alive; i++) {
          const id = `r${writer}-${i % 20}`
          const version = round * 100_000 + i
          try {
            const record = { id, values: [1, version + 1], metadata: { version } }
            const reply = await upsert(host, [record], `n${writer}`)
            if (reply.status !== 200) continue
            answered.set(`n${writer}/${id}`, version)
            answers++
          } catch {
            return
          }
        }
      })
      while (answers < 300) await new Promise((resolve) => setTimeout(resolve, 20))
      await stop(running, 'SIGKILL')
      alive = false
      await Promise.all(writers)
    }
    const running = await start(dataDir)
    for (const [place, version] of answered) {
      const [namespace, id] = place.split('/')
      const fetched = await call(`${running.url}${path}/vectors/fetch?namespace=${namespace}&ids=${id}`, 'GET')
      expect(fetched.body.vectors[id ?? '']?.metadata.version).toBeGreaterThanOrEqual(version)
    }
    const stats = await call(`${running.url}${path}/describe_index_stats`, 'POST', {})
    const listed = await call(`${running.url}${path}/vectors/list?namespace=n0`, 'GET')
    expect(stats.body.namespaces.n0.vectorCount).toBe(listed.body.vectors.length)
    expect(await stop(running, 'SIGTERM')).toBe(0)
  })

  test('finds indexes, hosts, namespaces, records and sequence numbers after a clean stop', async () => {
    const dataDir = tempDir()
    const first = await start(dataDir)
    expect(first.line).toBe(`pinecone-local ready on ${first.url}, data in ${dataDir}`)
    const path = new URL(await makeIndex(first)).pathname
    const sparseValues = { indices: [7, 3], values: [0.5, 0.25] }
    await upsert(first.url + path, [{ id: 'x', values: [0.1, 0.2], sparseValues, metadata: { a: 'é' } }])
    await upsert(first.url + path, [{ id: 'y', values: [1, 0] }])
    await call(`${first.url}${path}/vectors/delete`, 'POST', { namespace: 'a', deleteAll: true })
    await upsert(first.url + path, [{ id: 'x', values: [0.1, 0.2], sparseValues, metadata: { a: 'é' } }])
    await call(`${first.url}${path}/namespaces`, 'POST', { name: 'empty' })
    expect(await stop(first, 'SIGINT')).toBe(0)
    const second = await start(dataDir)
    const reply = await query(second.url + path, { id: 'x', includeValues: true, includeMetadata: true })
    expect(reply.headers.get('x-pinecone-max-indexed-lsn')).toBe('4')
    expect(reply.body.matches).toEqual([
      {
        id: 'x',
        score: 1,
        values: [0.1, 0.2],
        sparseValues,
        metadata: { a: 'é' },
      },
    ])
    expect((await call(`${second.url}${path}/namespaces`, 'GET')).body.total_count).toBe(2)
  })

  test('says in one sentence why it cannot start', async () => {
    const dataDir = tempDir()
    await startServer({}, join(dataDir, 'taken'))
    const taken = await run(['--port', '0', '--data', join(dataDir, 'taken')])
    expect(taken).toMatchObject({
      code: 1,
      err: `The data folder ${join(dataDir, 'taken')} is in use by another process.\n`,
    })

    writeFileSync(join(dataDir, 'file'), '')
    const unwritable = await run(['--port', '0', '--data', join(dataDir, 'file', 'data')])
    expect(unwritable.code).toBe(1)
    expect(unwritable.err).toMatch(/^The data folder .* cannot be written: .*\.\n$/)

    const blocker = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => {
      blocker.close()
    })
    await once(blocker, 'listening')
    const { port } = blocker.address() as { port: number }
    const busy = await run(['--port', String(port), '--data', join(dataDir, 'free')])
    expect(busy).toMatchObject({ code: 1, err: `Cannot listen on 127.0.0.1:${port}: the port is busy.\n` })
  })

  test('prints how it is used, and refuses unknown options', async () => {
    const help = await run(['--help'])
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toContain('--data DIR')
    expect(await run([])).toMatchObject({ code: 2, err: '--data DIR is required. See --help.\n' })
    expect((await run(['--data', 'x', '--port', 'many'])).err).toContain('--port must be a whole number')
    expect((await run(['--data', 'x', '--wrong'])).err).toContain('--wrong')
  })

  test('keeps its files to its owner, those of an earlier version too', async () => {
    const dataDir = tempDir()
    const database = join(dataDir, 'pinecone-local.db')
    writeFileSync(database, '')
    chmodSync(database, 0o644)
    const running = await start(dataDir)
    await upsert(await makeIndex(running), [{ id: 'x', values: [1, 0] }])
    const files = readdirSync(dataDir).filter((name) => name.startsWith('pinecone-local.db'))
    expect(files).toContain('pinecone-local.db-wal')
    for (const name of files) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600)
  })

  test('takes one key alone where it was given one, at every door', async () => {
    const running = await start(tempDir(), '--api-key', 'mine')
    const host = `${running.url}/i/none`
    for (const apiKey of ['mind', 'Mine', 'minee', null]) {
      for (const path of ['/indexes', '/i/none/describe_index_stats', '/_local/faults']) {
        expectStatus(await call(running.url + path, 'GET', undefined, { apiKey }), 401)
      }
    }
    expectStatus(await call(`${running.url}/indexes`, 'GET', undefined, { apiKey: 'mine' }), 200)
    expectStatus(await call(`${host}/describe_index_stats`, 'GET', undefined, { apiKey: 'mine' }), 404)
    expectStatus(await call(`${running.url}/_local/faults`, 'GET', undefined, { apiKey: 'mine' }), 200)
    expect((await run(['--data', 'x', '--api-key', ''])).err).toContain('--api-key must not be empty')
  })

  test('takes its faults from flags', async () => {
    const flags = ['--lag-ms', '5', '--latency-ms', '1', '--index-limit', '3', '--namespace-limit', '4']
    const running = await start(tempDir(), ...flags, '--index-ready-ms', '7')
    expect((await call(`${running.url}/_local/faults`, 'GET')).body).toMatchObject({
      lagMs: 5,
      latencyMs: 1,
      indexLimit: 3,
      namespaceLimit: 4,
      indexReadyMs: 7,
    })
  })
})

test('a server in the same process holds its folder alone, and gives it back on closing', async () => {
  const dataDir = tempDir()
  const first = await startServer({}, join(dataDir, 'd'))
  await expect(startServer({}, join(dataDir, 'd'))).rejects.toThrow('is in use by another process')
  await first.close()
  await first.close()
  await startServer({}, join(dataDir, 'd'))
})
