import type { IncomingMessage } from 'node:http'
import { AppError } from '../../errors.ts'

/** The receiver of an arriving body. */
interface Taker {
  /** Gets each piece; an error ends the reading. */
  take(chunk: Buffer): void
  /** Called when the body is complete, or reading has ended. */
  arrived(): void
}

/**
 * Reads the body straight from the server's side of the socket: a web `Request` would copy it once more, and wrap one
 * of unknown length in a stream. It costs only one promise, since every request with a body comes this way.
 *
 * @param begin returns the receiver; `cut` ends the reading with the receiver's fault.
 * @param outcome called when all of it has arrived.
 * @throws AppError `invalid_request` when the body is truncated, and any error of `begin` and the receiver. The server
 *   then drains or cuts the rest.
 */
export function readIncoming<T>(
  incoming: IncomingMessage,
  begin: (cut: (fault: AppError) => void) => Taker,
  outcome: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed) throw bodyBrokeOff(new Error('the caller has disconnected'))
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
    incoming.on('error', (cause) => fail(bodyBrokeOff(cause)))
    // It comes after every request: an error, with its trace, is made only for one that breaks off.
    incoming.on('close', () => isOver || fail(bodyBrokeOff(new Error('the caller has disconnected'))))
  })
}

/** A truncated body is the caller's fault, if the caller is still connected. */
export function bodyBrokeOff(cause: unknown): AppError {
  return new AppError('invalid_request', 'The body is incomplete; send it whole.', { cause })
}
