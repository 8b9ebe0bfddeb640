import { within } from './within.ts'

/** One step of the shutdown; the next begins when it has ended or its limit is over. */
export interface ShutdownPhase {
  /** The phase's name in the log and for the watchdog. */
  readonly name: string
  readonly limitMs: number
  run(): Promise<unknown>
}

/** Receives the shutdown's messages: one line a phase, and its faults. */
export interface ShutdownReport {
  info(message: string): void
  error(message: string): void
}

/** SIGHUP: the terminal was closed. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Two signals within this time are one: npm passes Ctrl-C on to its script, which the terminal has already signalled.
 */
const sameMs = 1000

/** Resolves at the first signal to stop. A later signal ends the process at once. */
export function untilToldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let toldAtMs: number | undefined
    for (const name of stopSignals) {
      process.on(name, () => {
        if (toldAtMs !== undefined) {
          if (performance.now() - toldAtMs > sameMs) process.exit(130)
          return
        }
        toldAtMs = performance.now()
        resolve(name)
      })
    }
  })
}

/**
 * Runs the phases in order, each for at most its limit. A phase that hangs is named, and the others still run. Returns
 * the number of phases that failed.
 */
export async function shutDown(phases: readonly ShutdownPhase[], report: ShutdownReport): Promise<number> {
  let failed = 0
  for (const phase of phases) {
    report.info(`shutdown: ${phase.name}`)
    try {
      if (
        (await within(
          phase.limitMs,
          phase.run().then(() => 'done'),
        )) === 'done'
      )
        continue
      report.error(`shutdown: "${phase.name}" did not end within ${phase.limitMs} ms; going on without it`)
      failed += 1
    } catch (error) {
      report.error(`shutdown: "${phase.name}" failed: ${error instanceof Error ? error.message : String(error)}`)
      failed += 1
    }
  }
  return failed
}

/**
 * Call it last. The process should now end on its own; if something keeps it alive, this names it and ends the process,
 * since a hanging replica would hold up a deployment.
 */
export function endSoon(exitCode: number, report: ShutdownReport): void {
  process.exitCode = exitCode
  setTimeout(() => {
    const resources = [...new Set(process.getActiveResourcesInfo())].join(', ')
    report.error(`shutdown: still held up by ${resources}; ending anyway`)
    process.exit(exitCode === 0 ? 1 : exitCode)
  }, 3000).unref()
}
