import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, readConfig } from './config/config.ts'
import { ConfigError } from './config/setting-reader.ts'
import { isDependencyFault } from './dependency-fault.ts'
import { type Listener, listen } from './http/listen.ts'
import { createLogger } from './log.ts'
import type { Services } from './services.ts'
import { endSoon, type ShutdownPhase, type ShutdownReport, shutDown, untilToldToStop } from './shutdown.ts'

export interface Urls {
  readonly publicUrl: string
  readonly adminUrl: string
}

export interface RunHooks {
  /** For a caller that listened to signals before it started the service. */
  readonly stopped?: Promise<unknown>
  /** Called when both listeners answer; an error stops the service. `signal` fires when the service is to stop. */
  ready?(urls: Urls, signal: AbortSignal): Promise<void>
  /** Resolves with a reason to stop other than a signal. */
  readonly broken?: Promise<string>
  /** Phases that run after the service is down. */
  readonly after?: readonly ShutdownPhase[]
  readonly report?: ShutdownReport
}

/**
 * The life of the process: config → services → listen → wait for a signal → dispose, in phases with a limit each.
 * @throws ConfigError, or an Error with one sentence that says why the service cannot start.
 */
export async function runService(config: Config = readConfig(), hooks: RunHooks = {}): Promise<void> {
  const log = createLogger({ level: config.log.level })
  const report = hooks.report ?? { info: (message) => log.info(message), error: (message) => log.error(message) }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      if (isDependencyFault(error)) {
        log.error({ err: error }, `${event} of a dependency`)
        return
      }
      // The state of the process is unknown now, so it does not go on.
      log.fatal({ err: error }, event)
      process.exit(1)
    })
  }
  const stopping = new AbortController()
  const stopped = (hooks.stopped ?? untilToldToStop()).then(() => stopping.abort())
  for (const warning of config.warnings) log.warn(warning)
  const running = await startListening(config)
  log.info(running.urls, 'ready')
  const wrong = await Promise.race([
    stopped.then(() => undefined),
    hooks.broken ?? never(),
    hooks.ready?.(running.urls, stopping.signal).then(never, (error: unknown) => describe(error)) ?? never(),
  ])
  // Work that breaks off because the service is stopping is no fault.
  const broke = wrong !== undefined && !stopping.signal.aborted
  if (broke) report.error(wrong)
  stopping.abort()
  const failed = await shutDown([...running.phases, ...(hooks.after ?? [])], report)
  endSoon(failed > 0 || broke ? 1 : 0, report)
}

/** A running service without the process around it. */
export interface Running {
  readonly services: Services
  readonly urls: Urls
  /** Shutdown phases, in order. */
  readonly phases: readonly ShutdownPhase[]
}

export async function startListening(config: Config): Promise<Running> {
  // Loaded here, so that faults of the settings are reported without waiting for it.
  const { startServices } = await import('./services.ts')
  await using opening = new AsyncDisposableStack()
  const services = opening.use(await startServices(config))
  const { port, host, adminPort, adminHost, drainMs } = config.http
  const forTenants = opening.use(await listen(services.publicApp, { port, host, closeLimitMs: 10_000 }))
  const forStaff = opening.use(
    await listen(services.adminApp, { port: adminPort, host: adminHost, closeLimitMs: 10_000 }),
  )
  opening.move()
  const listeners = [forTenants, forStaff]
  const drain = async () => {
    services.drain()
    for (const listener of listeners) listener.drain()
    await sleep(drainMs)
  }
  const finish = () => {
    services.endStreams()
    return closeAll(listeners)
  }
  return {
    services,
    urls: { publicUrl: forTenants.url, adminUrl: forStaff.url },
    phases: [
      { name: 'serve until balancers notice', limitMs: drainMs + 5000, run: drain },
      { name: 'finish requests under way', limitMs: 15_000, run: finish },
      {
        name: 'release leases, pools and workers',
        limitMs: 15_000,
        run: async () => services[Symbol.asyncDispose](),
      },
    ],
  }
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()))
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

if (import.meta.main) {
  try {
    await runService()
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : `Not started: ${describe(error)}`}\n`)
    process.exit(1)
  }
}
