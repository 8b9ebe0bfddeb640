import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems give to outgoing connections and to `listen(0)`, so that none of those takes it later. */
const first = 20_000
const afterLast = 32_000

/** Returns a port of 127.0.0.1 that is free now; who listens there may stop and start again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = first + Math.floor(Math.random() * (afterLast - first))
    if (await isFree(port)) return port
  }
  throw new Error(`no free port of 127.0.0.1 was found between ${first} and ${afterLast}; stop what listens there`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
