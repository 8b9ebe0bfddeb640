import type { ChildProcess } from 'node:child_process'

/** Children that this process has not disposed yet, with the signal that ends each cleanly. */
const owned = new Map<ChildProcess, NodeJS.Signals>()
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Ends the child when this process exits without disposing, as a timed-out test run does. Children would survive, since
 * they have process groups of their own. After a kill -9, only the run file helps.
 */
export function endWithThisProcess(child: ChildProcess, signal: NodeJS.Signals): void {
  if (owned.size === 0) {
    process.on('exit', endAll)
    for (const name of signals) process.on(name, onSignal)
  }
  owned.set(child, signal)
}

export function hasEnded(child: ChildProcess): void {
  owned.delete(child)
  if (owned.size > 0) return
  process.off('exit', endAll)
  for (const name of signals) process.off(name, onSignal)
}

function endAll(): void {
  for (const [child, signal] of owned) child.kill(signal)
}

function onSignal(name: NodeJS.Signals): void {
  // Another listener shuts down in order, and ends its children itself.
  if (process.listenerCount(name) > 1) return
  endAll()
  process.off(name, onSignal)
  process.kill(process.pid, name)
}
