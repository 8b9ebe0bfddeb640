import { createConnection } from 'node:net'
import type { Config } from '../../config/config.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Whether the service runs here already, and whether its ports are free or its own. */
export async function checkService(http: Config['http'], signal: AbortSignal): Promise<readonly Finding[]> {
  const { port, host, adminPort, adminHost } = http
  if (adminPort === 0) return [ok('service', 'ADMIN_PORT is 0: any free port is taken at the start')]
  const admin = `${reachable(adminHost)}:${adminPort}`
  const state = await readiness(`http://${admin}/readyz`, signal)
  if (state === 'nothing') {
    if (port === 0 || !(await listens(reachable(host), port)))
      return [ok('service', 'does not run here yet; its ports are free')]
    return [
      fail('service', `does not run here, and something else listens on ${host}:${port}`, 'Stop that, or set PORT.'),
    ]
  }
  if (state === 'other') {
    return [fail('service', `something else than this service listens on ${admin}`, 'Stop that, or set ADMIN_PORT.')]
  }
  const failing = Object.entries(state).filter(([, result]) => result !== 'ok')
  if (failing.length === 0) return [ok('service', `runs here, at ${admin}, and is ready`)]
  const found = `runs here, at ${admin}, and is not ready: ${failing.map(([name, result]) => `${name} ${result}`).join(', ')}`
  return [
    warn('service', found, 'See the lines of these parts; the service becomes ready by itself once they are mended.'),
  ]
}

type Readiness = Readonly<Record<string, string>> | 'nothing' | 'other'

/** The answer of `/readyz`: its checks by name. */
async function readiness(url: string, signal: AbortSignal): Promise<Readiness> {
  let response: Response
  try {
    response = await fetch(url, { signal, redirect: 'manual' })
  } catch (error) {
    if (signal.aborted) throw error
    const code = error instanceof Error ? Object(error.cause).code : undefined
    return code === 'ECONNREFUSED' ? 'nothing' : 'other'
  }
  const { status, checks } = Object(await response.json().catch(() => undefined))
  return (status === 'ok' || status === 'unready') && typeof checks === 'object' ? checks : 'other'
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, host)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** An address that means all of them is reached by the loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
