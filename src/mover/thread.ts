import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { isDependencyFault } from '../dependency-fault.ts'
import { giveWay } from '../give-way.ts'
import { createLogger } from '../log.ts'
import { Paces } from '../moves/pace/pace-stores.ts'
import { openStores } from '../parts/adapters.ts'
import { openMoverDatabase } from '../parts/databases.ts'
import { openBulkEmbedders } from '../parts/embedders.ts'
import { openStoreGuards } from '../parts/guards.ts'
import { openMoveModels, openMover } from '../parts/moves.ts'
import { openTracing } from '../parts/tracing.ts'
import { meteredStore } from '../stores/metered-store.ts'
import { AskedQuestions } from './asked-questions.ts'
import { type FromMover, type MoverOrder, type ToMover, unpackOrder } from './messages.ts'

// The entry of a mover's thread: its composition root, as `services.ts` is that of the thread that serves.
if (parentPort) await run(parentPort, unpackOrder(workerData))

async function run(port: MessagePort, { config, settings, logLevel }: MoverOrder): Promise<void> {
  giveWay('mover')
  const tell = (message: FromMover) => port.postMessage(message)
  const log = createLogger({ level: logLevel }, { write: (line) => tell({ kind: 'log', line }) })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      if (isDependencyFault(error)) {
        log.error({ err: error }, `${event} of a dependency of the mover`)
        return
      }
      // It ends this thread alone; the thread that serves starts another.
      log.fatal({ err: error }, `${event} of the mover`)
      process.exit(1)
    })
  }
  const paces = new Paces()
  const questions = new AskedQuestions(tell)
  const stopped = Promise.withResolvers<void>()
  port.on('message', (message: ToMover) => {
    if (message.kind === 'stop') stopped.resolve()
    else if (message.kind === 'refused') paces.noteCall(message.call)
    else if (message.kind === 'questions') questions.answer(message.id, message.pairs)
    else tell({ kind: 'pong' })
  })
  await using opening = new AsyncDisposableStack()
  const tracer = opening.use(await openTracing(config, log))
  const database = opening.use(openMoverDatabase(config, log, tracer))
  const guards = openStoreGuards(config.limits, log, () => tell({ kind: 'circuits', open: guards.open() }))
  const onCall = (call: Extract<FromMover, { kind: 'call' }>['call']) => {
    paces.noteCall(call)
    tell({ kind: 'call', call })
  }
  const plain = opening.use(openStores(config, { onCall, guards, tracer }))
  const stores = meteredStore(plain, (tenantId, use) => tell({ kind: 'use', tenantId, use }))
  const models = openMoveModels(await openBulkEmbedders(config, tracer, opening), settings)
  opening.use(await openMover({ database, stores, paces, recentQueries: questions, models, log, settings }))
  tell({ kind: 'ready' })
  await stopped.promise
  await opening.disposeAsync()
  // Whatever a library still holds must not hold up the replica's end.
  process.exit(0)
}
