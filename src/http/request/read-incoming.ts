import type { IncomingMessage } from 'node:http'
import { AppError } from '../../errors.ts'

/** Whoever a body is given to as it comes. */
interface Taker {
  /** Given each piece; what it throws ends the reading. */
  take(chunk: Buffer): void
  /** All of it has come, or no more of it is taken. */
  arrived(): void
}

/**
 * Takes the body straight from the server's side of the socket: a web `Request` would copy it once more, and wrap one
 * of unknown length in a stream. One promise and no more, since every request with a body comes this way.
 *
 * @param begin gives who takes it; `cut` ends the reading with a fault of the taker's own.
 * @param outcome asked when all of it has come.
 * @throws AppError `invalid_request` when the body breaks off, and what `begin` and the taker throw. What still comes is
 *   then the server's to drain or cut.
 */
export function readIncoming<T>(
  incoming: IncomingMessage,
  begin: (cut: (fault: AppError) => void) => Taker,
  outcome: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed) throw brokeOff(new Error('the caller has gone away'))
    let isOver = false
    const taker = begin((fault) => fail(fault))
    const fail = (fault: unknown) => {
      if (isOver) return
      isOver = true
      incoming.pause()
      incoming.off('data', onData)
      taker.arrived()
      reject(fault)
    }
    const onData = (chunk: Buffer) => {
      try {
        taker.take(chunk)
      } catch (fault) {
        fail(fault)
      }
    }
    incoming.on('data', onData)
    incoming.on('end', () => {
      if (isOver) return
      isOver = true
      taker.arrived()
      try {
        resolve(outcome())
      } catch (fault) {
        reject(fault)
      }
    })
    incoming.on('error', (cause) => fail(brokeOff(cause)))
    // It comes after every request: an error, with its trace, is made only for one that breaks off.
    incoming.on('close', () => isOver || fail(brokeOff(new Error('the caller has gone away'))))
  })
}

/** A body that breaks off is the caller's fault, if anyone is still there to hear of it. */
export function brokeOff(cause: unknown): AppError {
  return new AppError('invalid_request', 'The body broke off; send it whole.', { cause })
}
