import type postgres from 'postgres'
import type { StatementWatch } from './statement-watch.ts'

/** The server answered COMMIT with a rollback: the transaction had no effect. */
class RolledBack extends Error {
  override readonly name = 'RolledBack'
  /** Distinguishes it, as Postgres's own codes do; see `registryFault`. */
  readonly code = 'ROLLED_BACK'

  constructor() {
    super('Postgres rolled the transaction back when it was to commit it')
  }
}

type Begin = (...given: unknown[]) => Promise<unknown>

/**
 * Transactions that report their outcome truthfully, on top of postgres.js's own `begin`.
 *
 * This code sends the COMMIT and checks its answer: in a failed transaction, Postgres answers COMMIT with ROLLBACK and
 * no error, which the driver takes for success. The COMMIT is unnamed, since behind a transaction pooler no named
 * statement outlives its transaction.
 *
 * A transaction whose connection is gone sends nothing more. postgres.js would write to a closed socket from a timer,
 * which ends the process (porsager/postgres#1208, open in 3.4.9). The driver rejects `begin` when the connection
 * closes; its own COMMIT or ROLLBACK is suppressed by never letting its callback end.
 */
export function survivingTransactions(begin: Begin, watch: StatementWatch): Begin {
  return (...given) => {
    const work = given.pop() as (tx: postgres.TransactionSql) => unknown
    return new Promise((resolve, reject) => {
      const state: TransactionState = { isOver: false, fault: undefined }
      const begun = watch.begin()
      const carried = async (tx: postgres.TransactionSql): Promise<unknown> => {
        begun()
        const own = watchedTransaction(tx, watch, state)
        let result: unknown
        try {
          result = await work(own)
        } catch (fault) {
          state.isOver ||= isEndOfConnection(fault)
          // The connection is still ours, so the driver rolls back and rejects.
          if (!state.isOver) throw fault
        }
        if (state.isOver) return never()
        // As the driver does: a statement that failed fails the transaction, whoever caught the fault.
        if (state.fault !== undefined) throw state.fault
        const committing = watch.statement(tx.unsafe('commit'))
        state.isOver = true
        // With either outcome the connection is the pool's again: nothing more of this transaction may be sent.
        await committing.then(
          ({ command }) => (command === 'COMMIT' ? resolve(result) : reject(new RolledBack())),
          reject,
        )
        return never()
      }
      begin(...given, carried).then(resolve, (fault: unknown) => {
        begun()
        state.isOver = true
        reject(fault)
      })
    })
  }
}

interface TransactionState {
  isOver: boolean
  fault: unknown
}

/** Watches `unsafe`, by which the query builder sends, and `savepoint`, by which it nests. */
function watchedTransaction(
  tx: postgres.TransactionSql,
  watch: StatementWatch,
  state: TransactionState,
): postgres.TransactionSql {
  const noteFault = (fault: unknown) => {
    state.fault ??= fault
  }
  const refuse = () => {
    if (state.isOver) throw new Error('the transaction is over: its connection was closed')
  }
  return new Proxy(tx, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        refuse()
        return watch.statement(Reflect.apply(value, target, given), noteFault)
      }
    },
    apply(target, self, given) {
      refuse()
      return watch.statement(Reflect.apply(target, self, given), noteFault)
    },
  })
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}

const ends = new Set(['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P05'])

function isEndOfConnection(fault: unknown): boolean {
  for (let error = fault, depth = 0; error instanceof Error && depth < 5; depth += 1) {
    if ('code' in error && typeof error.code === 'string' && ends.has(error.code)) return true
    error = error.cause
  }
  return false
}
