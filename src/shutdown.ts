/** One step of going down; the next begins when it has ended or its time is over. */
export interface ShutdownPhase {
  /** As the log and the watchdog name it. */
  readonly name: string
  readonly limitMs: number
  run(): Promise<unknown>
}

/** What a shutdown tells while it goes on: one line a phase, and what is wrong. */
export interface ShutdownReport {
  info(message: string): void
  error(message: string): void
}

/** SIGHUP: the terminal was closed. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm passes on to its script the Ctrl-C that the terminal has sent to both: the same one, heard twice. */
const sameMs = 1000

/** Resolves at the first signal to stop. A later one ends the process at once, for who has lost patience. */
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
 * Runs the phases in their order, each for at most its limit: one that hangs is named, and does not keep the others
 * from running. Gives how many did not end well.
 */
export async function shutDown(phases: readonly ShutdownPhase[], report: ShutdownReport): Promise<number> {
  let failed = 0
  for (const phase of phases) {
    report.info(`shutdown: ${phase.name}`)
    const timer = Promise.withResolvers<'late'>()
    const timeout = setTimeout(() => timer.resolve('late'), phase.limitMs)
    try {
      if ((await Promise.race([phase.run().then(() => 'done'), timer.promise])) === 'done') continue
      report.error(`shutdown: "${phase.name}" did not end within ${phase.limitMs} ms; going on without it`)
      failed += 1
    } catch (error) {
      report.error(`shutdown: "${phase.name}" failed: ${error instanceof Error ? error.message : String(error)}`)
      failed += 1
    } finally {
      clearTimeout(timeout)
    }
  }
  return failed
}

/**
 * To be called last. The process should now end by itself; when something keeps it alive, that is named and the
 * process is ended, since a replica that hangs would hold up a deployment.
 */
export function endSoon(exitCode: number, report: ShutdownReport): void {
  process.exitCode = exitCode
  setTimeout(() => {
    const resources = [...new Set(process.getActiveResourcesInfo())].join(', ')
    report.error(`shutdown: still held up by ${resources}; ending anyway`)
    process.exit(exitCode === 0 ? 1 : exitCode)
  }, 3000).unref()
}
