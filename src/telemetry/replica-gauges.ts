import { Gauge, type Registry } from 'prom-client'

export interface SessionCount {
  readonly live: number
  readonly behind: number
  readonly doubtS: number
}

/** Numbers of tenants, replicas and uploads; each undefined while Postgres is unavailable. */
export interface ReplicaNumbers {
  readonly tenants: Readonly<Record<string, number>> | undefined
  readonly sessions: SessionCount | undefined
  /** Epoch seconds; null without a waiting upload. */
  readonly oldestUploadS: number | null | undefined
}

/** @returns a function that shows the registry's numbers; the version, if given, stands there from the start. */
export function replicaGauges(registry: Registry, version: string | undefined): (numbers: ReplicaNumbers) => void {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `tenant_router_${name}`, help, labelNames, registers: [registry] })
  const build = gauge('build_info', 'Version of this replica', ['version', 'node'])
  if (version !== undefined) build.set({ version, node: process.version }, 1)
  const tenants = gauge('tenants', 'Tenants by status', ['status'])
  const live = gauge('sessions_live', 'Replicas whose lease holds')
  const behind = gauge('sessions_behind', 'Replicas that have not yet applied a change of routing that another one has')
  const doubt = gauge('write_doubt_seconds', 'Time in which a store write without an answer may still land')
  const oldest = gauge('upload_oldest_timestamp_seconds', 'When the oldest unfinished upload was accepted')
  return (numbers) => {
    tenants.reset()
    for (const [status, count] of Object.entries(numbers.tenants ?? {})) tenants.set({ status }, count)
    for (const [one, value] of [
      [live, numbers.sessions?.live],
      [behind, numbers.sessions?.behind],
      [doubt, numbers.sessions?.doubtS],
      [oldest, numbers.oldestUploadS ?? undefined],
    ] as const) {
      if (value === undefined) one.remove()
      else one.set(value)
    }
  }
}
