import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../embedded/temporary-folder.ts'
import { fakeAdmin } from './fake-admin.ts'
import { runCli } from './run-cli.ts'

const file = '018f3c2e-5f0a-7cc3-9d53-0c3f4b7a9e11'

async function reembed(text: string, ...more: readonly string[]) {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'vectors.ndjson')
  await writeFile(path, text)
  await using admin = await fakeAdmin(({ path: asked }) =>
    asked.endsWith('/vector-files')
      ? [201, { id: file, records: 1_199, unknown: ['nobody'], withText: 0 }]
      : [202, { id: 'm1', state: 'queued', createdAt: '', refusals: [] }],
  )
  const env = { TENANT_ROUTER_URL: admin.url, TENANT_ROUTER_TOKEN: 'staff' }
  const args = ['reembed', 'acme', '--model', 'small', '--vectors-from', path, '--yes', '--no-watch', ...more]
  return { ...(await runCli(args, env)), seen: admin.seen }
}

test('a file of vectors is sent in parts, each after the first to the file that it began, and the move names it', async () => {
  const lines = Array.from({ length: 1_200 }, (_, n) => JSON.stringify({ id: `r${n}`, values: [n, 0.5] }))
  const { code, err, seen } = await reembed(`${lines.join('\n')}\n\n`)
  expect(code).toBe(0)
  expect(err).toContain('Supplied 1199 vector(s) of small.')
  expect(err).toContain('Unknown: the tenant has no record nobody')
  const bodies = seen.map(({ body }) => body as { file?: string; vectors?: readonly { id: string }[] })
  expect(bodies.map(({ file: of, vectors }) => [of, vectors?.length, vectors?.[0]?.id])).toEqual([
    [undefined, 500, 'r0'],
    [file, 500, 'r500'],
    [file, 200, 'r1000'],
    [undefined, undefined, undefined],
  ])
  expect(bodies.at(-1)).toEqual({ kind: 'reembed', model: 'small', vectorsFrom: file })
})

test('a line that is no vector is named, and no move begins', async () => {
  const { code, err, seen } = await reembed('{"id": "a", "values": [1]}\n{"id": "b", "values": "1"}\n')
  expect([code, err]).toEqual([2, expect.stringContaining('Line 2 of')])
  expect(seen).toEqual([])
  expect((await reembed('')).err).toContain('has no vectors')
})

test('a dry run sends no vectors, and asks for the plan alone', async () => {
  const { code, err, seen } = await reembed('{"id": "a", "values": [1]}\n', '--dry-run', '--json')
  expect([code, err]).toEqual([0, expect.stringContaining('A dry run sends no vectors')])
  expect(seen.map(({ path, body }) => [path, body])).toEqual([
    ['/tenants/acme/moves', { kind: 'reembed', model: 'small', plan: true }],
  ])
})
