import { ChildProcess, execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'
import { parseTenantId } from '../../src/placement/tenant-id.ts'
import { longPdf, pdfBomb } from './make-files.ts'

const note = (words: string) => ({ bytes: Buffer.from(words) })

test('files that fill the memory or take too long end their reader; every other file is read all the same', async () => {
  await using extractor = startExtractor({ readers: 2, memoryMb: 300 })
  const bombs = Array.from({ length: 3 }, () => extractor.extract({ bytes: pdfBomb(4_000) }).catch((fault) => fault))
  const notes = Array.from({ length: 20 }, (_, at) => extractor.extract(note(`Note ${at}.`)))
  expect((await Promise.all(notes)).map(({ text }) => text)).toEqual(notes.map((_, at) => `Note ${at}.`))
  for (const fault of await Promise.all(bombs)) {
    expect(fault).toMatchObject({ code: 'unreadable_document', message: expect.stringContaining('300 MB of memory') })
  }
  expect((await extractor.extract(note('After all.'))).text).toBe('After all.')
})

test('a file that takes too long is given up, and the next one gets a new reader', async () => {
  await using extractor = startExtractor({ readers: 1, timeMs: 1 })
  for (let turn = 0; turn < 2; turn += 1) {
    await expect(extractor.extract({ bytes: longPdf(2_000) })).rejects.toMatchObject({
      code: 'unreadable_document',
      message: expect.stringContaining('takes more than 0.001 s'),
    })
  }
})

test('files of one tenant leave a reader to the others', async () => {
  await using extractor = startExtractor({ readers: 2 })
  await Promise.all([extractor.extract(note('One.')), extractor.extract(note('Two.'))]) // both have started
  const [noisy, quiet] = [parseTenantId('noisy'), parseTenantId('quiet')]
  const ended: string[] = []
  const calls = [1, 2, 3, 4].map((no) =>
    extractor
      .extract({ bytes: longPdf(2_000) }, { tenantId: noisy })
      .catch(() => 'it has no text')
      .then(() => ended.push(`noisy ${no}`)),
  )
  await extractor.extract(note('Quiet.'), { tenantId: quiet }).then(() => ended.push('quiet'))
  expect(ended).not.toContain('noisy 2')
  await Promise.all(calls)
  expect(ended).toHaveLength(5)
})

test('a text that begins with very many comments is read like any other', async () => {
  await using extractor = startExtractor({ readers: 1 })
  const read = await extractor.extract(note(`${'<!---->'.repeat(500)} A text.`))
  expect(read.text).toContain('A text.')
})

test('a caller that disconnects frees the reader, or its place in the queue', async () => {
  await using extractor = startExtractor({ readers: 1 })
  const gone = [new AbortController(), new AbortController()]
  const [reading, waiting] = gone.map(({ signal }) =>
    extractor.extract({ bytes: longPdf(2_000) }, { signal }).catch((fault) => fault),
  )
  const next = extractor.extract(note('Next.'))
  for (const [at, one] of gone.entries()) one.abort(`gone ${at}`)
  expect([await reading, await waiting]).toEqual(['gone 0', 'gone 1'])
  expect((await next).text).toBe('Next.')
  await expect(extractor.extract(note('x'), { signal: AbortSignal.abort('before') })).rejects.toBe('before')
})

test('an ended extractor says so to those who wait', async () => {
  const extractor = startExtractor({ readers: 1 })
  const calls = Array.from({ length: 3 }, () => extractor.extract({ bytes: longPdf(2_000) }).catch((fault) => fault))
  await extractor[Symbol.asyncDispose]()
  for (const fault of await Promise.all(calls)) expect(fault).toMatchObject({ code: 'shutting_down' })
  await expect(extractor.extract(note('x'))).rejects.toMatchObject({ code: 'shutting_down' })
})

test('a reader that was let go after some time is replaced by the next file', async () => {
  await using extractor = startExtractor({ readers: 1, idleMs: 0 })
  for (const words of ['One.', 'Two.', 'Three.']) expect((await extractor.extract(note(words))).text).toBe(words)
})

test('a reader that stands still on a busy machine has used no time of its file', async () => {
  await using extractor = startExtractor({ readers: 1, timeMs: 500 })
  await extractor.extract(note('One.'))
  const reading = extractor.extract(note('Two.'))
  const reader = stopped()
  await sleep(1_000)
  expect(reader.kill('SIGCONT')).toBe(true)
  expect((await reading).text).toBe('Two.')
})

test('a reader that is ended from outside says nothing of its file', async () => {
  await using extractor = startExtractor({ readers: 1 })
  await extractor.extract(note('One.'))
  const reading = extractor.extract(note('Two.')).catch((fault) => fault)
  const reader = stopped()
  expect(reader.kill('SIGKILL')).toBe(true)
  expect(await reading).toMatchObject({ code: 'service_busy' })
  expect((await extractor.extract(note('Two.'))).text).toBe('Two.')
})

test('a reader that falls after other files is replaced, and the file is read', async () => {
  await using extractor = startExtractor({ readers: 1 })
  await extractor.extract(note('One.'))
  const reading = extractor.extract(note('Two.'))
  const reader = stopped()
  expect(reader.kill('SIGSEGV')).toBe(true)
  reader.kill('SIGCONT')
  expect((await reading).text).toBe('Two.')
})

test('a machine that can start no process for a while reads its files afterwards', async () => {
  const script = fileURLToPath(new URL('./without-processes.ts', import.meta.url))
  const command = `ulimit -n 64 && exec "${process.execPath}" "${script}"`
  const { stdout } = await promisify(execFile)('sh', ['-c', command])
  expect(stdout).toBe('EMFILE\nRead after all.\n')
})

/** The reader that this process has just given a file, stopped before it hears of it. */
function stopped(): ChildProcess {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): object[] }
  const children = handles.call(process).filter((one) => one instanceof ChildProcess)
  const reader = children.find((one) => one.spawnargs.some((argument) => argument.endsWith('reader-process.ts')))
  if (reader?.kill('SIGSTOP') !== true) throw new Error('no reader is at work')
  return reader
}
