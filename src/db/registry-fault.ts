/**
 * How a Postgres call failed. `refused`: it had no effect. `broken_off`: it may have been executed, or committed,
 * although no answer came.
 */
export type RegistryFault = 'refused' | 'broken_off'

/** Error codes of sockets and name servers from before a connection exists. */
const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'])

const diskFull = '53100'

const refused = new Set([
  // postgres.js's own, of statements that were never sent.
  'CONNECT_TIMEOUT',
  'CONNECTION_ENDED',
  // Ours, of a COMMIT that was answered with ROLLBACK; and a statement in a transaction that had failed before.
  'ROLLED_BACK',
  '25P02',
  // A transaction pooler that lost the session: an unnamed or named statement that is not there.
  '26000',
  // SQLSTATE: starting up, closed to connections, none left, a standby now, rolled back to be tried again, taking too long.
  '57P03',
  '55000',
  '53300',
  '25006',
  '40001',
  '40P01',
  '55P03',
  '57014',
  // SQLSTATE: no disk, no memory left for it.
  diskFull,
  '53200',
])

const brokenOff = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  '57P01',
  '57P02',
  '57P05',
])

/** @returns undefined when the connection is not at fault: a wrong statement, a violated constraint, a bug of ours. */
export function registryFault(error: unknown): RegistryFault | undefined {
  for (const fault of causesOf(error)) {
    const kind = kindOf(fault)
    if (kind !== undefined) return kind
  }
  return undefined
}

/** Whether Postgres has no room left for what was asked for. */
export function isDiskFull(error: unknown): boolean {
  return causesOf(error).some((fault) => codeOf(fault) === diskFull)
}

/** The query builder wraps what the driver says, and Node what became of each address of a name. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = []
  for (let fault = error; fault instanceof Error && causes.length < 5; ) {
    causes.push(fault)
    fault = fault instanceof AggregateError ? fault.errors[0] : fault.cause
  }
  return causes
}

function codeOf(fault: Error): string | undefined {
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : undefined
}

function kindOf(fault: Error): RegistryFault | undefined {
  const code = codeOf(fault)
  if (code === undefined) return undefined
  const connecting = 'syscall' in fault && (fault.syscall === 'connect' || fault.syscall === 'getaddrinfo')
  if (refused.has(code) || (connecting && (unreachable.has(code) || brokenOff.has(code)))) return 'refused'
  // Class 08 of SQLSTATE: connection exceptions.
  return brokenOff.has(code) || /^08[0-9A-Z]{3}$/.test(code) ? 'broken_off' : undefined
}
