import type postgres from 'postgres'

/**
 * Keeps a transaction whose connection is gone from sending anything more. postgres.js would write to a socket that is
 * no longer there, from a timer, which ends the process (porsager/postgres#1208, open in 3.4.9): a restart of Postgres
 * would take every replica along that has a transaction under way.
 *
 * The driver itself rejects `begin` when the connection closes, so what `work` would still do then is of no interest:
 * further statements throw, and the driver is left to wait, as its own `rollback` is one of those writes.
 */
export function survivingTransactions(sql: postgres.Sql): postgres.Sql {
  const begin = sql.begin.bind(sql) as (...given: unknown[]) => Promise<unknown>
  const surviving = async (...given: unknown[]): Promise<unknown> => {
    const work = given.pop() as (tx: postgres.TransactionSql) => unknown
    let gone = false
    const guarded = async (tx: postgres.TransactionSql): Promise<unknown> => {
      const result = await Promise.resolve(work(refusingOnce(tx, () => gone))).catch((fault: unknown) => {
        gone ||= isEndOfConnection(fault)
        if (!gone) throw fault
      })
      return gone ? new Promise(() => undefined) : result
    }
    try {
      return await begin(...given, guarded)
    } finally {
      gone = true
    }
  }
  return Object.assign(sql, { begin: surviving })
}

/** The query builder sends by `unsafe` and nests by `savepoint`. */
function refusingOnce(tx: postgres.TransactionSql, isGone: () => boolean): postgres.TransactionSql {
  const refuse = () => {
    if (isGone()) throw new Error('the transaction is over: its connection was closed')
  }
  return new Proxy(tx, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        refuse()
        return Reflect.apply(value, target, given)
      }
    },
    apply(target, self, given) {
      refuse()
      return Reflect.apply(target, self, given)
    },
  })
}

const ends = new Set(['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P05'])

function isEndOfConnection(fault: unknown): boolean {
  for (let error = fault, depth = 0; error instanceof Error && depth < 5; depth += 1) {
    if ('code' in error && typeof error.code === 'string' && ends.has(error.code)) return true
    error = error.cause
  }
  return false
}
