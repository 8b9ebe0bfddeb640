import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

/**
 * Runs a command under a terminal of its own and writes what it prints, with the times, to `docs/pictures/NAME.cast`
 * (asciicast v2). `node scripts/pictures/main.ts` makes the picture from that file. `script` of util-linux gives the
 * terminal, so this runs on Linux.
 *
 *     node scripts/pictures/record.ts demo npm run -s demo
 *     node scripts/pictures/record.ts promote npm run -s cli -- promote acme-bikes --yes
 *
 * The second runs beside `npm start`, with `TENANT_ROUTER_TOKEN` set (`npm run -s cli -- token --role platform`), after
 * an app of the tenant has put 8,000 vectors, so that there is something to copy.
 */
const [name, ...command] = process.argv.slice(2)
if (name === undefined || command.length === 0) {
  console.error('usage: node scripts/pictures/record.ts NAME COMMAND…')
  process.exit(2)
}
const [columns, rows] = [100, 30]
const startedAt = performance.now()
const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows}; ${command.join(' ')}`, '/dev/null'], {
  env: { ...process.env, TERM: 'xterm-256color' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const header = { version: 2, width: columns, height: rows, title: command.join(' ') }
const lines = [JSON.stringify(header)]
const decoder = new StringDecoder('utf8')
child.stdout.on('data', (bytes: Buffer) => {
  process.stdout.write(bytes)
  const seconds = Math.round(performance.now() - startedAt) / 1000
  lines.push(JSON.stringify([seconds, 'o', decoder.write(bytes)]))
})
const [code] = await once(child, 'close')
if (code !== 0) {
  console.error(`the command ended with ${code}; nothing is kept`)
  process.exit(1)
}
await writeFile(join(import.meta.dirname, '../../docs/pictures', `${name}.cast`), `${lines.join('\n')}\n`)
