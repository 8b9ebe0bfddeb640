import type { IncomingMessage } from 'node:http'

/**
 * The whole body straight from the server's side of the socket: a web `Request` would copy it once more, and wrap one
 * of unknown length in a stream.
 *
 * @param onBytes told of each piece; what it throws ends the reading.
 * @returns undefined when more than `limitBytes` came; what still comes is the server's to drain or cut.
 * @throws Error when the body breaks off.
 */
export function readIncoming(
  incoming: IncomingMessage,
  limitBytes: number,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed) {
      reject(new Error('the caller has gone away'))
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer) => {
      try {
        onBytes(chunk.length)
      } catch (error) {
        incoming.pause()
        stop(() => reject(error))
        return
      }
      chunks.push(chunk)
      size += chunk.length
      if (size <= limitBytes) return
      incoming.pause()
      stop(() => resolve(undefined))
    }
    const onEnd = () => stop(() => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)))
    const onError = (error: Error) => stop(() => reject(error))
    const onClose = () => stop(() => reject(new Error('the caller has gone away')))
    const stop = (settle: () => void) => {
      incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
      settle()
    }
    incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
  })
}
