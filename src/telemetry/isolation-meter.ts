import { Gauge, type Registry } from 'prom-client'

/** Numbers of `prove-isolation`; undefined while Postgres is unavailable. */
export interface IsolationNumbers {
  readonly findings: number
  readonly provenAtS: number | undefined
  /** The last run that has ended. */
  readonly last: { readonly state: string; readonly endedAtS: number } | undefined
}

/** @returns a function that shows the registry's numbers. */
export function isolationGauges(registry: Registry): (numbers: IsolationNumbers | undefined) => void {
  const registers = [registry]
  const findings = new Gauge({
    name: 'tenant_router_isolation_findings',
    help: 'Runs of prove-isolation in which a tenant reached another, and which nobody has thawed',
    registers,
  })
  const proven = new Gauge({
    name: 'tenant_router_isolation_proven_timestamp_seconds',
    help: 'End of the last run of prove-isolation that passed, or the begin of the first run while none has',
    registers,
  })
  const last = new Gauge({
    name: 'tenant_router_isolation_last_run_timestamp_seconds',
    help: 'End of the last run of prove-isolation, by its outcome',
    labelNames: ['outcome'],
    registers,
  })
  return (numbers) => {
    last.reset()
    if (numbers?.last !== undefined) last.set({ outcome: numbers.last.state }, numbers.last.endedAtS)
    if (numbers === undefined) findings.remove()
    else findings.set(numbers.findings)
    if (numbers?.provenAtS === undefined) proven.remove()
    else proven.set(numbers.provenAtS)
  }
}
