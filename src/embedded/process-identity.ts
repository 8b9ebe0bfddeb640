import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * The start time of process `pid`, in a form unique on this machine: a pid may be reused, the pair cannot. Undefined
 * when there is no such process (a zombie counts as none).
 */
export function startOf(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxStart(pid) : ps(pid, 'lstart')
}

/** The name of the program that `pid` runs, or undefined when it is gone. */
export function programOf(pid: number): string | undefined {
  return process.platform === 'linux' ? read(`/proc/${pid}/comm`)?.trim() : ps(pid, 'comm')
}

/** Ticks since boot, together with the boot id. See proc_pid_stat(5): the name may contain spaces and brackets. */
function linuxStart(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined || fields[0] === 'Z') return undefined
  return `${read('/proc/sys/kernel/random/boot_id')?.trim()}:${fields[19]}`
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** macOS only. `lstart` depends on the locale, so that is fixed. */
function ps(pid: number, what: string): string | undefined {
  try {
    const line = execFileSync('env', ['LC_ALL=C', 'ps', '-o', `${what}=`, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return line.trim() || undefined
  } catch {
    return undefined
  }
}
