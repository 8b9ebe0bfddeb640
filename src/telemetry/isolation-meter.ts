import { Gauge, type Registry } from 'prom-client'

/** Numbers of `prove-isolation`; undefined while Postgres is unavailable. */
export interface IsolationNumbers {
  readonly findings: number
  readonly provenAtS: number | undefined
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
  return (numbers) => {
    if (numbers === undefined) findings.remove()
    else findings.set(numbers.findings)
    if (numbers?.provenAtS === undefined) proven.remove()
    else proven.set(numbers.provenAtS)
  }
}
