import { readFileSync } from 'node:fs'

/** Processor time in seconds that a process has used; NaN where the system has no /proc. */
export function cpuSecondsOf(pid: number): number {
  const fields = statOf(pid)
  return (Number(fields?.[11]) + Number(fields?.[12])) / ticksPerSecond
}

/** Resident memory in MiB; NaN where the system has no /proc. */
export function residentMibOf(pid: number): number {
  return (Number(statOf(pid)?.[21]) * pageBytes) / 1024 ** 2
}

/** Linux reports this value to programs on every processor that Node runs on: see proc_pid_stat(5). */
const ticksPerSecond = 100
const pageBytes = 4096

/** The fields after the program's name, which may contain spaces and brackets. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
