import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { copying, moveId } from './copying-move.ts'
import { fakeAdmin } from './fake-admin.ts'

const bin = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url))
/** The Node of the test, which says that it is an old one: the command line then hands over to the newer one. */
const asOldNode = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })`

/** Watches a move that never ends, and gets it to the point where it has shown the move once. */
async function watching(detached = false) {
  const admin = await fakeAdmin(({ path }) => (path.endsWith('/events') ? [404, {}] : [200, copying]))
  onTestFinished(() => admin[Symbol.asyncDispose]())
  const node = ['--import', `data:text/javascript,${encodeURIComponent(asOldNode)}`, bin]
  const child = spawn(process.execPath, [...node, 'moves', 'watch', moveId], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said, ended] = [text(child.stderr), once(child, 'exit')]
  await once(child.stdout, 'data')
  return { pid: child.pid ?? 0, said, ended }
}

test('a command that was handed over to a newer Node is interrupted by its own pid, in order', async () => {
  const { pid, said, ended } = await watching()
  process.kill(pid, 'SIGINT')
  expect(await ended).toEqual([130, null])
  expect(await said).toContain(`No longer watched; the move goes on. Watch it again with: tenant-router moves watch`)
})

test('Ctrl-C of a terminal, which signals both processes, is one interruption', async () => {
  const { pid, said, ended } = await watching(true)
  process.kill(-pid, 'SIGINT')
  expect(await ended).toEqual([130, null])
  expect(await said).toContain('No longer watched; the move goes on.')
})

test('a signal that ends the newer Node is passed on in the exit code', async () => {
  const { pid, ended } = await watching()
  process.kill(pid, 'SIGTERM')
  expect(await ended).toEqual([143, null])
})
