import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { startExtractor } from '../../src/ingest/extract/process/start-extractor.ts'

/** Uses up the files that this process may open, so that it can start no other, and gives them back while one waits. */
await using extractor = startExtractor({ readers: 1 })
const taken: number[] = []
try {
  for (;;) taken.push(openSync(import.meta.filename, 'r'))
} catch {
  // all of them are taken
}
const [fault] = await once(spawn(process.execPath), 'error')
console.log(fault.code)
const reading = extractor.extract({ bytes: Buffer.from('Read after all.') })
setTimeout(() => taken.splice(0).map((file) => closeSync(file)), 500)
console.log((await reading).text)
