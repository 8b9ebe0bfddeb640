import type { IncomingMessage } from 'node:http'

/**
 * Takes the body straight from the server's side of the socket: a web `Request` would copy it once more, and wrap one
 * of unknown length in a stream.
 *
 * @param take given each piece within the limit; what it throws ends the reading.
 * @returns false when more than `limitBytes` came; what still comes is the server's to drain or cut.
 * @throws Error when the body breaks off.
 */
export function readIncoming(
  incoming: IncomingMessage,
  limitBytes: number,
  take: (chunk: Buffer) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed) {
      reject(new Error('the caller has gone away'))
      return
    }
    let size = 0
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limitBytes) {
        incoming.pause()
        stop(() => resolve(false))
        return
      }
      try {
        take(chunk)
      } catch (error) {
        incoming.pause()
        stop(() => reject(error))
      }
    }
    const onEnd = () => stop(() => resolve(true))
    const onError = (error: Error) => stop(() => reject(error))
    const onClose = () => stop(() => reject(new Error('the caller has gone away')))
    const stop = (settle: () => void) => {
      incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
      settle()
    }
    incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
  })
}
