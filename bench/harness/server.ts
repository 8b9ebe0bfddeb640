import { freePort } from '../../src/embedded/free-port.ts'
import type { Parts } from './parts.ts'
import { type BenchProcess, startProcess } from './process.ts'

export interface Server extends AsyncDisposable {
  readonly url: string
  readonly process: BenchProcess
}

interface ServerOptions {
  /** Relative to `bench/`; takes its port as the first argument, or as `PORT`. */
  readonly file: string
  readonly args?: readonly string[]
  readonly core?: 'server' | 'rest'
  readonly env?: Readonly<Record<string, string>>
}

/** A benchmark's own server, beside the service. */
export async function startServer({ file, args = [], env = {}, ...more }: ServerOptions): Promise<Server> {
  const port = await freePort()
  const process = startProcess({ file, args: [String(port), ...args], env: { ...env, PORT: String(port) }, ...more })
  const url = `http://127.0.0.1:${port}`
  await process.ready(`${url}/livez`, 10_000)
  return { url, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() }
}

/** The thinnest proxy in front of one place; it takes the tokens that the service takes. */
export function startThinProxy(
  { settings }: Pick<Parts, 'settings'>,
  place: { readonly indexHost: string; readonly namespace: string },
  core?: ServerOptions['core'],
): Promise<Server> {
  const args = [place.indexHost, place.namespace]
  return startServer({ file: 'servers/thin.ts', args, env: settings, ...(core && { core }) })
}
