import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'
import type { ChildRun } from './children.ts'
import { StartupError } from './startup-error.ts'

export interface EmbeddedPinecone extends AsyncDisposable {
  /** URL of the control plane: the value for `PINECONE_CONTROLLER_HOST`. */
  readonly url: string
  readonly child: Child
}

export interface EmbeddedPineconeOptions {
  readonly dataDir: string
  /** Additional flags of `npm run pinecone-local`, as in `['--lag-ms', '50']`. */
  readonly flags?: readonly string[]
  readonly run?: ChildRun
}

const program = fileURLToPath(new URL('../pinecone-local/main.ts', import.meta.url))

/**
 * Starts `pinecone-local` as a child of this process, on its previous port if that is free.
 * @throws StartupError with its output when it does not start.
 */
export async function startEmbeddedPinecone(options: EmbeddedPineconeOptions): Promise<EmbeddedPinecone> {
  const portFile = `${options.dataDir}.port`
  const before = Number(await readFile(portFile, 'utf8').catch(() => '0'))
  const port = (await isFree(before)) ? before : 0
  const ready = Promise.withResolvers<string>()
  const child = startChild({
    what: 'pinecone-local',
    command: process.execPath,
    args: [program, '--port', String(port), '--data', options.dataDir, ...(options.flags ?? [])],
    stopSignal: 'SIGTERM',
    ...(options.run === undefined ? {} : { run: options.run }),
    onLine: (line) => {
      const url = /ready on (http:\/\/\S+?),?(\s|$)/.exec(line)?.[1]
      if (url !== undefined) ready.resolve(url)
    },
  })
  void child.exited.then((how) => {
    ready.reject(new StartupError(`pinecone-local did not start (${how}): ${child.lastLines()}`))
  })
  const url = await ready.promise
  await writeFile(portFile, new URL(url).port)
  return { url, child, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

async function isFree(port: number): Promise<boolean> {
  if (!(port > 0 && port <= 65_535)) return false
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
