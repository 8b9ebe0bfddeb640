import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Database } from '../db/connect.ts'
import { startExtractor } from '../ingest/extract/process/start-extractor.ts'
import type { Extractor } from '../ingest/extractor.ts'
import { IngestWorker, type IngestWorkerOptions } from '../ingest/ingest-worker.ts'
import type { ProcessUploadDeps } from '../ingest/process-upload.ts'
import type { QueueBounds } from '../registry/uploads/enqueue-uploads.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Parts that a test replaces. */
export interface IngestOverrides extends Partial<IngestWorkerOptions> {
  readonly extractor?: Extractor
}

export interface IngestParts extends Omit<ProcessUploadDeps, 'db' | 'extractor'> {
  readonly database: Database
  readonly telemetry: Pick<Telemetry, 'ingest'>
  readonly log: Logger
  /** Stops the worker from claiming further uploads. */
  readonly draining: AbortSignal
}

export function queueBoundsOf({ ingest }: Config): QueueBounds {
  return { bytesMax: ingest.queueBytesMax, uploadsMax: 10_000 }
}

/** Starts this replica's worker for uploads. */
export async function openIngest(
  { ingest, moves }: Config,
  parts: IngestParts,
  { extractor, ...options }: IngestOverrides = {},
): Promise<AsyncDisposable> {
  const { database, telemetry, draining } = parts
  await using opening = new AsyncDisposableStack()
  const worker = new IngestWorker(
    database,
    { ...parts, extractor: opening.use(extractor ?? startExtractor()), onDone: telemetry.ingest.done },
    { atOnce: ingest.atOnce, leaseMs: 3 * moves.sessionLeaseMs, pollMs: 2_000, sweepEveryMs: 60_000, ...options },
  )
  opening.use(worker)
  draining.addEventListener('abort', () => worker.stop(), { once: true })
  await worker.start()
  return opening.move()
}
