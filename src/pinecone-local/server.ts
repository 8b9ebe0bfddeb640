import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Engine } from './engine/engine.ts'
import { Waits } from './engine/waits.ts'
import { FaultDesk } from './faults/fault-desk.ts'
import type { Faults } from './faults/fault-settings.ts'
import { handleRequest } from './http/handle-request.ts'
import { openDatabase, StartError } from './store/open-database.ts'

export type { Faults } from './faults/fault-settings.ts'

export interface PineconeLocalOptions {
  /** 0 or absent: any free port. */
  readonly port?: number
  readonly host?: string
  readonly dataDir: string
  /** The accepted key; without it, any key is. */
  readonly apiKey?: string | undefined
  readonly faults?: Partial<Faults>
}

export interface PineconeLocal extends AsyncDisposable {
  readonly url: string
  readonly port: number
  setFaults(faults: Partial<Faults>): void
  faults(): Faults
  close(): Promise<void>
}

const hotBytes = 512 * 1024 * 1024
/** Longer than clients keep idle connections, so that none is closed during a request. */
const keepAliveMs = 75_000
/** Headers of 1 MiB, since a fetch names up to 1,000 ids in its URL. */
const maxHeaderSize = 1024 * 1024

/**
 * Starts the server on a data folder, which must not be open elsewhere.
 *
 * @throws StartError with one clear sentence: port busy, folder not writable or in use.
 * @throws BadFaultsError naming the wrong fields.
 */
export async function startPineconeLocal(options: PineconeLocalOptions): Promise<PineconeLocal> {
  const host = options.host ?? '127.0.0.1'
  const faults = new FaultDesk(options.faults ?? {})
  const engine = new Engine(openDatabase(options.dataDir), hotBytes)
  const waits = new Waits()
  const handling = { engine, faults, waits, apiKey: options.apiKey }
  const server = createServer({ keepAliveTimeout: keepAliveMs, maxHeaderSize }, (request, response) => {
    void handleRequest(handling, request, response)
  })
  try {
    await listen(server, options.port ?? 0, host)
  } catch (cause) {
    await engine[Symbol.asyncDispose]()
    throw cause
  }
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= shut(server, engine, waits)
    return closed
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    setFaults: (change) => faults.set(change),
    faults: () => faults.current(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function shut(server: Server, engine: Engine, waits: Waits): Promise<void> {
  waits.stop()
  const ended = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  // Requests under way have their answers; connections that only hang are cut.
  setTimeout(() => server.closeAllConnections(), 500).unref()
  await ended
  await engine[Symbol.asyncDispose]()
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is busy' : cause.message
      reject(new StartError(`Cannot listen on ${host}:${port}: ${why}.`, { cause }))
    })
    server.listen(port, host, () => resolve())
  })
}
